"""What people see: tables on stdout, progress on stderr. The only package that knows rich."""
