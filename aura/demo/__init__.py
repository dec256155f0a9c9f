"""The demo: a broken project, a script that repairs it, and a model server on loopback that plays the script."""
