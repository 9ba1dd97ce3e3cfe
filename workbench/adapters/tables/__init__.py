"""TABLES: the tables that runs are made of. Files in the workbench's keeping are sealed; files of this machine are read where they lie.

``keeping`` takes tables in and reads their rows; ``shelf`` keeps what is known of each, ``sealed`` its bytes; ``text`` cuts bytes into
lines, ``frames`` reads Parquet and DataFrames (polars, here alone); ``look`` is the walk over a file's bytes, at once or block by block;
``ranges`` reads blocks for themselves, so that several processes find where rows begin.
"""

from .keeping import Tables

__all__ = ["Tables"]
