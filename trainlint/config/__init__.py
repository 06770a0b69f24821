"""Which configuration governs each file, and which rules it turns on."""

from trainlint.config.errors import ConfigError
from trainlint.config.files import Configurations, read_config
from trainlint.config.model import Config
from trainlint.config.selection import Selection, enabled_codes

__all__ = ["Config", "ConfigError", "Configurations", "Selection", "enabled_codes", "read_config"]
