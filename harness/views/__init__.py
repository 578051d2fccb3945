"""Pure functions of records and published numbers: what compares, what ranks, what is written for others."""
