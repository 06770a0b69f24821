"""Which configuration governs each file, and which rules it turns on."""

from trainlint.config.errors import ConfigError
from trainlint.config.files import Configurations, read_config
from trainlint.config.model import Config
from trainlint.config.rule_paths import RuleFolder, rule_folders
from trainlint.config.selection import Selection, enabled_codes

__all__ = [
    "Config",
    "ConfigError",
    "Configurations",
    "RuleFolder",
    "Selection",
    "enabled_codes",
    "read_config",
    "rule_folders",
]
