"""Clock, money, folding, blobs, doors to the world. No domain words."""
