"""Durable actors of {{ name }}."""
