"""A picture as pixels, as a file, as a digest or in words."""
