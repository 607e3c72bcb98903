"""Invented companies, people, projects and hours."""
