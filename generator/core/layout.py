"""What lies where in a site's folder."""

SETTINGS = "site.toml"
PICTURES = "pictures"
CONTENT = "content"
TEMPLATES = "templates"
# In names of templates: ours, even if the site has one of the same name.
SHIPPED = "theme"
OUTPUT = "output"
CACHE = ".cache"
