"""Callbacks for frameworks. Each module needs its framework; nothing here imports one."""
