"""The parts of the editing engine; `matching` and `patchtext` next door are its doors."""
