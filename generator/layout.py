"""What lies where in a site's folder."""

SETTINGS = "site.toml"
PICTURES = "pictures"
CONTENT = "content"
TEMPLATES = "templates"
OUTPUT = "output"
CACHE = ".cache"
