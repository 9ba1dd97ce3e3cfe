"""TAGS: what a shop's pages tell the platform: written as HTML or script events, and read again as the platform's script reads them."""
