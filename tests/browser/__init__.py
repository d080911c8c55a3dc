"""The page as people have it: in a browser, before a daemon at work."""
