"""VOCABULARY: frozen pydantic nouns; no I/O."""
