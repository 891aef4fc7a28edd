"""German words and names for made-up mails and orders. All persons are invented."""

FIRST = (
    "Katharina Björn Jürgen Şenay Maëlle Ágnes Holger Lieselotte Uwe Henrike Tobias Anke Sigrid Mehmet Friederike Paul"
    " Rosemarie Christa Lukas Edeltraud Nele Dörte Ruben Tilo Miriam Deniz Jonas Sabine Thorsten Özlem Zoë René Günther"
    " Hannelore Ilse Kerstin Matthias Nadine Olaf Petra Quirin Ralf Silke Ulrike Volker Wiebke Xaver Yvonne"
).split()
LAST = (
    "Wöhrle Nußbaumer Pfleiderer Gökçe Schürmann Dörfler Thieß Ähringhausen Grüneklee Brauße Grün Düsterhöft Böhmer Yıldız"
    " Öller Süß Kühn Nießen Wächter Pößneck Jörgensen Häuser Meißner Brüggemann Köster Aydın Weidlich Hoffmann Brügge Müller"
    " Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann"
).split()
TOWNS = (
    ("73728", "Esslingen"), ("10115", "Berlin"), ("20095", "Hamburg"), ("80331", "München"), ("50667", "Köln"),
    ("60311", "Frankfurt am Main"), ("01067", "Dresden"), ("04109", "Leipzig"), ("28195", "Bremen"), ("44135", "Dortmund"),
)  # fmt: skip
STREETS = (
    "Gartenstraße Hauptstraße Lindenweg Bahnhofstraße Schulstraße Am Mühlbach Rosenweg Königsallee".split(" ")
)
ARTICLES = (
    "Kaffeemühle Nordkap, Edelstahl", "Filterpapier Größe 4, 100 Stück", "Thermoskanne Föhr, 0,75 l", "Pfanne Eisenhut, 28 cm",
    "Wasserkocher Süderende", "Tischlampe Messing", "Kissen Daune, 40 × 40", "Kochmesser Solingen, 20 cm", "Wäschetrockner Flügel",
    "Teelichthalter Herz, weiß", "Becher Steingut, blau", "Küchenwaage digital", "Brotkasten Bambus", "Windlicht Laterne, groß",
)  # fmt: skip
SUBJECTS = (
    "Wo bleibt meine Bestellung?", "Paket nicht angekommen", "Frage zum Artikel", "Rücksendung", "Rechnung fehlt",
    "Falsche Farbe geliefert", "Artikel beschädigt", "Bestellung stornieren", "Lieferung unvollständig", "Danke!",
    "Liefertermin", "Ersatzteil gesucht", "Reklamation", "Adresse ändern",
)  # fmt: skip
SENTENCES = (
    "Guten Tag, ich warte seit einer Woche auf mein Paket.", "Die Sendungsverfolgung bewegt sich nicht mehr.",
    "Laut Paketdienst wurde es zugestellt, aber hier ist nichts.", "Können Sie mir bitte die Rechnung schicken?",
    "Der Deckel ist leider undicht und tropft.", "Passt der Filter auch in die größere Kanne?", "Ich möchte die Bestellung widerrufen.",
    "Bitte ändern Sie die Lieferadresse, wir sind umgezogen.", "Das Glas kam zerbrochen an, Fotos hängen an.",
    "Am Sonntag ist der Geburtstag meines Vaters.", "Bitte melden Sie sich bald.", "Vielen Dank für die schnelle Hilfe!",
    "Ich habe schon zweimal geschrieben.", "Die Farbe stimmt nicht mit dem Bild überein.", "Ist der Artikel spülmaschinenfest?",
    "Wie lange dauert der Versand nach Österreich?", "Mit freundlichen Grüßen aus dem Süden.", "Das Gerät schaltet nicht mehr ab.",
)  # fmt: skip
