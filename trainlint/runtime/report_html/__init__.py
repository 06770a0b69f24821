"""The report of a training as one self-contained HTML page, with inline SVG and no script."""
