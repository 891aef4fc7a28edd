"""WooCommerce order bodies."""
