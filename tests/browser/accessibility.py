"""What axe looks for on a page, by colour scheme."""

# Only colours differ between the two, so that in the dark their rules are enough.
RULES = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"]},
}
