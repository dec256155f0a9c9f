"""Which files usually hold credentials, by their names alone."""

from fnmatch import fnmatchcase

_LISTED = """
.env .env.* *.env id_rsa id_dsa id_ecdsa id_ed25519 *.p12 *.pfx *.key *.ppk *.keystore *.jks .netrc .pypirc
.git-credentials .htpasswd credentials.json client_secret*.json service-account*.json
secrets.yml secrets.yaml *.tfstate *.kdbx
"""
SECRET_NAMES = tuple(_LISTED.split())
NO_SECRET_NAMES = (
    *("*.example", "*.sample", "*.template", "*.dist", "*.defaults", "*.md"),
    *(".env.schema", ".env.test"),
)


def holds_credentials(path: str) -> bool:
    """Whether a file of this name usually holds credentials; a template of one does not."""
    name = path.rpartition("/")[2].lower()
    if any(fnmatchcase(name, pattern) for pattern in NO_SECRET_NAMES):
        return False
    return any(fnmatchcase(name, pattern) for pattern in SECRET_NAMES)
