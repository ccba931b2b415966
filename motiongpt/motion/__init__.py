"""Human motion: joints, features, and files."""
