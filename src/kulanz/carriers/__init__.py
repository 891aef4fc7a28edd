"""Parcel carriers."""
