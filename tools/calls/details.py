"""Personal details as they are said on the telephone, and what only looks like them."""

import importlib
import random
import re
import zlib

LOCALES = {
    "en": ["en_US", "en_GB", "en_IN", "en_NZ", "es_ES", "fr_FR", "pl_PL", "it_IT", "pt_BR", "ro_RO", "tr_TR", "vi_VN"],
    "de": ["de_DE", "de_DE", "de_AT", "de_CH", "tr_TR", "pl_PL", "hr_HR", "it_IT", "hu_HU", "cs_CZ"],
}
# Names that lists of names often lack.
RARE_GIVEN = """Oluwaseun Temitope Chukwuemeka Nnamdi Ifeoma Babajide Thandiwe Sibusiso Nkechi Kwabena Akosua Makena Wairimu Tariro Rutendo Aoibheann
Caoimhe Sadhbh Oisin Tadhg Fionnuala Ffion Eluned Gwenllian Iolo Rhiannydd Ishbel Mairead Catriona Shrikant Venkatesh Padmavathi Jayanthi Thirumal
Harpreet Gurpreet Manpreet Jaswinder Kulwinder Xiaoling Yuchen Zihan Ruoxi Haoran Jiahui Seojun Hayoon Daichi Shunsuke Mizuki Kaede Anahit Hovhannes
Tigran Zhanna Timur Aigerim Nurlan Dilnoza Shahrukh Mehwish Zubaida Abdurrahman Khadija Lamyaa Haitham Ghassan Rasha Yehuda Avigail Eleftheria
Spyridon Aikaterini Snezhana Zdravko Bogdana Ljubica Vesna Zeljko Mirjana Ionela Catalin Vasilica Zsuzsanna Gergely Szilvia Jadwiga Zbigniew
Wieslaw Bozena Ingeborg Hjalmar Sigrun Thorbjorn Aslaug Eerikki Paivi Tuulikki Maarika Vytautas Ruta Daiva Nguyet Phuong Quynh Tuyet""".split()
RARE_LAST = """Oyelaran Adeyinka Chukwu Nwachukwu Ogunbanjo Babatunde Mthembu Khumalo Mahlangu Chikowore Nyambura Kiprotich Asante-Boateng Addo Quartey
Ballesteros-Ruiz Yrigoyen Etxeberria Goikoetxea Iturralde O'Shaughnessy MacGiolla Uidhir Featherstonehaugh Cholmondeley Wriothesley Penhaligon Trevanion
Llewelyn-Jones Gwynedd Ravichandran Subramaniam Krishnamurthy Venkataraman Thiruvengadam Dhaliwal Randhawa Bhattacharjee Mukhopadhyay Gunawardena
Wickramasinghe Jayasuriya Xiong Ouyang Shangguan Hwangbo Namgung Kuroda Miyazawa Shirakawa Petrosyan Hakobyan Abdrakhmanov Nazarbaeva Yusupov
Chaudhry Siddiqui Al-Rashid Haddadin Khoury Ben-Shimon Rabinowitz Papanikolaou Theodorakis Dimitropoulos Stoyanov Hristova Jovanovic Milosevic
Kovacevic Popescu-Ion Dragomir Szabados Kertesz Wojciechowska Szczepanski Brzezinski Przybylski Lundqvist Thorvaldsen Haaland Virtanen Koskinen
Tamm Kazlauskas Balciunas Trinh Vuong Dinh Nakhimovsky Sholokhov Yevtushenko Grytsenko Pidhirnyi Leutheusser Schnarrenberger Kretschmann
Hinterhuber Obermoser Zwetschkenbaum Brandstetter Unterweger Grillparzer Aschenbrenner Pfefferkorn Rosenzweig Schickedanz""".split()
ONSETS = "b br ch d dr f g gr h j k kl l m n p pr r s sh st t tr v w y z".split()
VOWELS = "a e i o u ai ee ia oo".split()
ENDS = " n r l s th m x nd ng".split(" ")


def part_of(word):
    """The part of the data that a name belongs to."""
    return ("tuning", "held-out")[zlib.crc32(word.lower().encode()) % 2]


def listed(language, field):
    found = set()
    for locale in LOCALES[language]:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for name in getattr(provider, field, ()):
            if name.isalpha() and len(name) > 2 and name.isascii() or language == "de" and re.fullmatch("[A-Za-zäöüßÄÖÜ]{3,}", name):
                found.add(name)
    return sorted(found)


LISTS = {lang: {f: listed(lang, f) for f in ("first_names", "last_names")} for lang in LOCALES}

# Names that are ordinary words.
WORDS = {
    "en": (
        "Will Mark Grace Rose Faith Bill Frank Grant Dawn Joy Hope May June April Jack Art Gene Rich Victor Summer".split(),
        "Young Brown Cook Day King Price Short Long Hill Banks Waters Church Woods Fox Bell White Green Baker Mason Stone".split(),
    ),
    "de": (
        "Frank Ernst Wolf Rose Viola August Heide Mark Kai Wolfgang Engel Sonja Till Rainer Mai Gloria".split(),
        "Koch Klein Lang Weiß Schwarz Sommer Winter Vogel Kaiser Becker Schneider Fischer Jung Groß Kurz Krause Engel Busch Berg Stein".split(),
    ),
}
NATO = "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu".split()
HOME = "apple ball cat dog egg fish green house island jam king lemon mother nut orange peter queen roger sugar tommy umbrella violet water xylophone yellow zebra".split()
DIN = "Anton Berta Cäsar Dora Emil Friedrich Gustav Heinrich Ida Julius Kaufmann Ludwig Martha Nordpol Otto Paula Quelle Richard Siegfried Theodor Ulrich Viktor Wilhelm Xanthippe Ypsilon Zeppelin".split()
DIGITS = {"en": "zero one two three four five six seven eight nine".split(), "de": "null eins zwei drei vier fünf sechs sieben acht neun".split()}
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ZEHN = "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()
ZIG = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
}
ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth
eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth""".split()
STREETS = {
    "en": ["Elm Street", "Victoria Road", "Station Road", "Marlborough Avenue", "Orchard Close", "Queensway Drive", "Pemberton Lane", "Harcourt Terrace",
           "Tollgate Crescent", "Windmill Hill Road", "Ashdown Court", "St Helens Gardens", "Larkspur Way", "Beaumont Square"],
    "de": ["Lindenstraße", "Goethestraße", "Bahnhofstraße", "Am Mühlbach", "Kastanienallee", "Schillerplatz", "Hermann-Löns-Weg", "Rosengasse",
           "Kölner Straße", "Alte Poststraße", "Birkenweg", "Friedrich-Ebert-Ring", "Uferpromenade", "Eichendorffstraße"],
}
CITIES = {
    "en": "Leeds Norwich Bristol Dundee Cardiff Plymouth Sheffield Swindon Lincoln Aberdeen Portland Tucson Raleigh Omaha".split(),
    "de": "Kassel Bochum Freiburg Leipzig Rostock Mannheim Wuppertal Graz Bremen Augsburg Erfurt Kiel Mainz Potsdam".split(),
}
HOSTS = {
    "en": ["gmail dot com", "hotmail dot com", "yahoo dot co dot uk", "outlook dot com", "icloud dot com", "btinternet dot com", "proton dot me", "{c} dot org", "{c}mail dot net"],
    "de": ["gmx punkt de", "web punkt de", "t-online punkt de", "gmail punkt com", "posteo punkt de", "freenet punkt de", "outlook punkt de", "{c} punkt net"],
}
COMPANIES = {
    "en": ["Northwind Airlines", "Brightline Energy", "Acme Mobile", "Delta", "Chase", "Virgin Media", "Spotify", "Amazon", "British Gas", "Vodafone", "Marriott", "Tesco"],
    "de": ["Vodafone", "Telekom", "Lufthansa", "Deutsche Bahn", "Zalando", "Otto", "Amazon", "Eon", "Sparkasse", "Nordwind Energie", "Congstar", "Netflix"],
}
PRODUCTS = {
    "en": ["a Galaxy S twenty two", "the iPhone fifteen", "a Fire Stick", "the Echo Dot", "a Mercedes Sprinter", "the PlayStation five", "the Jack Daniels gift box", "a Dyson V eleven"],
    "de": ["das Galaxy S zweiundzwanzig", "das iPhone fünfzehn", "die Fritz Box siebzig neunzig", "der Bosch Trockner", "das PlayStation Abo", "die Miele Waschmaschine", "das Thermomix Gerät"],
}


def number_de(n):
    if n < 10:
        return DIGITS["de"][n]
    if n < 20:
        return ZEHN[n - 10]
    ones = n % 10
    ten = ZIG[n // 10 - 2]
    return ten if ones == 0 else ("ein" if ones == 1 else DIGITS["de"][ones]) + "und" + ten


def number_en(n):
    if n < 10:
        return DIGITS["en"][n]
    if n < 20:
        return TEENS[n - 10]
    return TENS[n // 10 - 2] + ("" if n % 10 == 0 else " " + DIGITS["en"][n % 10])


class Details:
    def __init__(self, rng, language, part):
        self.rng, self.language, self.part = rng, language, part
        self.name = f"{self.given()} {self.family()}"
        self.agent, self.third = self.given(), f"{self.given()} {self.family()}" if rng.random() < 0.5 else self.given()

    def made_up(self):
        r = self.rng
        return "".join(r.choice(ONSETS) + r.choice(VOWELS) + (r.choice(ENDS) if i else "") for i in range(r.choice([2, 2, 3]))).capitalize()

    def own(self, pool):
        while True:
            name = self.rng.choice(pool)
            if part_of(name) == self.part:
                return name

    def given(self):
        x = self.rng.random()
        if x < 0.55:
            return self.own(LISTS[self.language]["first_names"])
        if x < 0.8:
            return self.own(RARE_GIVEN)
        if x < 0.9:
            return self.own(WORDS[self.language][0])
        return self.made_up()

    def family(self):
        x = self.rng.random()
        if x < 0.5:
            return self.own(LISTS[self.language]["last_names"])
        if x < 0.75:
            return self.own(RARE_LAST)
        if x < 0.88:
            return self.own(WORDS[self.language][1])
        return self.made_up()

    def letters(self, s, style=None):
        """Letters one by one, at times with a word that begins with each."""
        style = style or self.rng.choices(["bare", "some", "all"], [6, 3, 2])[0]
        out = []
        for c in s.upper():
            if not c.isalpha():
                continue
            c = {"Ä": "Ä", "Ö": "Ö", "Ü": "Ü", "ß": "S"}.get(c, c)
            word = None
            if "A" <= c <= "Z":
                i = ord(c) - 65
                word = DIN[i] if self.language == "de" else self.rng.choice([NATO, HOME])[i]
            if word and (style == "all" or style == "some" and self.rng.random() < 0.4):
                link = "wie" if self.language == "de" else self.rng.choice(["for", "for", "as in", "like"])
                if style == "all" and self.rng.random() < 0.3:
                    out.append(word)
                else:
                    out.append(f"{c} {link} {word}")
            else:
                out.append(c)
        return ", ".join(out) if style != "bare" else self.rng.choice([" ", ", ", "-"]).join(out)

    def spelled(self, name):
        return self.letters(name)

    def digits(self, s):
        """Digits as they are read out: one by one, in pairs, with double."""
        r, d = self.rng, DIGITS[self.language]
        style = r.choices(["one", "pairs", "groups"], [5, 2 if self.language == "de" else 1, 3])[0]
        out, i = [], 0
        while i < len(s):
            c = s[i]
            if style == "pairs" and i + 1 < len(s) and c != "0":
                n = int(s[i : i + 2])
                out.append(number_de(n) if self.language == "de" else number_en(n))
                i += 2
                continue
            if self.language == "en" and i + 1 < len(s) and s[i + 1] == c and r.random() < 0.6:
                out.append("double " + (d[int(c)] if c != "0" else "oh"))
                i += 2
                continue
            word = d[int(c)]
            if c == "0" and self.language == "en" and r.random() < 0.6:
                word = "oh"
            if c == "2" and self.language == "de" and r.random() < 0.3:
                word = "zwo"
            out.append(word)
            i += 1
            if style == "groups" and i % 4 == 0 and i < len(s):
                out[-1] += ","
        return " ".join(out)

    def code(self, s):
        parts = re.findall(r"[A-Z]+|[0-9]+", s)
        return " ".join(self.letters(p, self.rng.choice(["bare", "some"])) if p.isalpha() else self.digits(p) for p in parts)

    def random_digits(self, n, first="123456789"):
        return self.rng.choice(first) + "".join(self.rng.choice("0123456789") for _ in range(n - 1))

    def email(self):
        r = self.rng
        first, last = (re.sub("[^a-z]", "", x.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")) for x in self.name.split(" ", 1))
        de = self.language == "de"
        dot = "punkt" if de else "dot"
        joint = r.choice([f" {dot} ", f" {dot} ", " unterstrich " if de else " underscore ", " minus " if de else " hyphen ", " "])
        local = r.choice([f"{first}{joint}{last}", f"{first}{joint}{last}", f"{first[0].upper()}{joint}{last}", f"{last} {self.digits(self.random_digits(2))}",
                          f"{self.letters(last, 'bare')}"])
        at = r.choice(["at", "at", "ät"]) if de else "at"
        host = r.choice(HOSTS[self.language]).format(c=self.made_up().lower())
        if de and r.random() < 0.2:
            host = "g m x punkt d e"
        return f"{local} {at} {host}"

    def birth(self):
        r = self.rng
        day, month, year = r.randint(1, 28), r.randint(0, 11), r.randint(1941, 2004)
        m = MONTHS[self.language][month]
        if self.language == "en":
            y = f"nineteen {number_en(year % 100)}" if 1909 < year < 2000 else f"two thousand and {number_en(year - 2000)}" if year > 2000 else "two thousand"
            return r.choice([f"the {ORDINALS[day-1]} of {m} {y}", f"{m} {ORDINALS[day-1]} {y}", f"{number_en(day)} {number_en(month+1)} {y}", f"{ORDINALS[day-1]} of the {ORDINALS[month]} {y}"])
        o = lambda n: {1: "erster", 3: "dritter", 7: "siebter", 8: "achter"}.get(n, number_de(n) + ("ter" if n < 20 else "ster"))
        y = f"neunzehnhundert{number_de(year % 100)}" if year < 2000 else f"zweitausend{number_de(year-2000) if year > 2000 else ''}"
        return r.choice([f"{o(day)} {m} {y}", f"{o(day)} {o(month+1)} {number_de(year % 100)}" if year < 2000 else f"{o(day)} {m} {y}", f"{o(day)} {o(month+1)} {y}"])

    def said(self, key):
        """The kind and the words for a place in a script; no kind for what is no detail."""
        r, en = self.rng, self.language == "en"
        num = number_en if en else number_de
        if key == "PHONE":
            s = r.choice(["07" + self.random_digits(9), "0" + self.random_digits(10), self.random_digits(10)]) if en else "01" + r.choice("567") + self.random_digits(8)
            return "Phone", self.digits(s)
        if key == "CARD":
            return "Card", self.digits(self.random_digits(16, "45"))
        if key == "LAST4":
            return "Card", self.digits(self.random_digits(4))
        if key == "IBAN":
            country, n = ("GB", 20) if en else ("DE", 20)
            bank = r.choice(["BARC", "LOYD", "NWBK"]) if en else ""
            return "Iban", self.code(country + self.random_digits(2) + bank + self.random_digits(n - 2 - len(bank) + (0 if en else 2) - (0 if en else 2)))
        if key == "BOOK":
            s = "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))
            return "Booking", self.code(s)
        if key == "DOB":
            return "BirthDate", self.birth()
        if key == "EMAIL":
            return "Email", self.email()
        if key == "ADDR":
            n, s, c = r.randint(1, 98), r.choice(STREETS[self.language]), r.choice(CITIES[self.language])
            return "Address", r.choice([f"{num(n)} {s}", f"{num(n)} {s}, {c}"] if en else [f"{s} {num(n)}", f"{s} {num(n)}, in {c}"])
        if key == "PC":
            if en:
                s = r.choice(["M", "LS", "SW", "B", "NR", "BS"]) + str(r.randint(1, 19)) + str(r.randint(1, 9)) + "".join(r.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
                return "Address", self.code(s)
            return "Address", self.digits(self.random_digits(5))
        if key == "ACC":
            return "Account", self.digits(self.random_digits(r.choice([6, 7, 8, 10])))
        if key == "NID":
            return "NationalID", self.code("".join(r.choice("ABCEGHJKLMNPRSTWXYZ") for _ in range(2)) + self.random_digits(6) + r.choice("ABCD")) if en else self.digits(self.random_digits(11))
        if key == "PASS":
            return "Passport", self.digits(self.random_digits(9)) if en else self.code(r.choice("CFGHJK") + self.random_digits(8))
        return None, self.harmless(key)

    def harmless(self, key):
        r, en = self.rng, self.language == "en"
        num = number_en if en else number_de
        if key == "CO":
            return r.choice(COMPANIES[self.language])
        if key == "PROD":
            return r.choice(PRODUCTS[self.language])
        if key == "AMT":
            a, c = r.randint(11, 98), r.randint(10, 99)
            return f"{num(a)} pounds {num(c)}" if en else f"{num(a)} Euro {num(c)}"
        if key == "TIME":
            return r.choice(["half past nine", "ten to four", "seven thirty", "quarter past eight"] if en else ["halb neun", "Viertel nach drei", "sieben Uhr dreißig", "acht Uhr"])
        if key == "MON":
            return r.choice(MONTHS[self.language])
        if key == "QTY":
            return r.choice(["two", "three", "four", "six", "ten"] if en else ["zwei", "drei", "vier", "sechs", "zehn"])
        if key == "CITY":
            return r.choice(CITIES[self.language])
        raise KeyError(key)
