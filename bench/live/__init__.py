"""`make bench-live`: what watching a running kernel costs those who are watched, and csyspy itself."""
