"""One folding for every search and comparison of names, on every database.

`größe`, `groesse`, `GRÖSSE` and `Grosse` fold alike; so do `Gökçe` and `gokce`. A folded beginning of a word
stays the beginning of the folded word, so searching while typing works.
"""

import re
import unicodedata

_DIGRAPH = re.compile("ae|oe|ue")
_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower case without marks; ä, ae and a alike (ö, ü too), ß and ss alike; white space single."""
    if text.isascii():
        plain = text.lower()
    else:
        # NFKD first: only then do mathematical and full-width letters have a lower case; casefold makes ß ss.
        decomposed = unicodedata.normalize("NFKD", text).casefold().replace("ı", "i")
        plain = "".join(c for c in decomposed if not unicodedata.combining(c))
        plain = (
            plain.replace("ø", "o").replace("æ", "ae").replace("œ", "oe").replace("ł", "l").replace("đ", "d")
        )
    return _SPACE.sub(" ", _DIGRAPH.sub(lambda m: m.group()[0], plain)).strip()


def fold_number(number: str) -> str:
    """An order, parcel or invoice number as compared: letters and digits only, upper case."""
    return "".join(c for c in number.upper() if c.isalnum())
