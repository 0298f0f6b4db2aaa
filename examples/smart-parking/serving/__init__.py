"""What both versions of the API have in common: how they are served, and how webhooks are signed."""
