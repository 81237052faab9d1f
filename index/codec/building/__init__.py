"""Making segments at native speed: from articles, and from other segments."""
