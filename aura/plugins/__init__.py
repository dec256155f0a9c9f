"""Plugins: found in folders and packages, checked, asked through hooks, and kept from doing harm by failing."""

from aura.plugins.facade import Plugins
from aura.plugins.loading import Settings, read_settings
from aura.plugins.panel import Circumstances, Said
from aura.plugins.sources import Problem, Sources, standard_sources

__all__ = [
    "Circumstances",
    "Plugins",
    "Problem",
    "Said",
    "Settings",
    "Sources",
    "read_settings",
    "standard_sources",
]
