"""What a detector's labels are called by people: COCO's eighty, one and several of them, in English and French."""

from collections.abc import Mapping
from dataclasses import dataclass

from instantreact.domain.language import Language


@dataclass(frozen=True)
class LabelNames:
    """One and several of a thing, and, in French, none."""

    en: tuple[str, str]
    fr: tuple[str, str]
    fr_none: str


_TABLE = """
person|people|personne|personnes|aucune
bicycle|bicycles|vélo|vélos|aucun
car|cars|voiture|voitures|aucune
motorcycle|motorcycles|moto|motos|aucune
airplane|airplanes|avion|avions|aucun
bus|buses|bus|bus|aucun
train|trains|train|trains|aucun
truck|trucks|camion|camions|aucun
boat|boats|bateau|bateaux|aucun
traffic light|traffic lights|feu de circulation|feux de circulation|aucun
fire hydrant|fire hydrants|bouche d’incendie|bouches d’incendie|aucune
stop sign|stop signs|panneau stop|panneaux stop|aucun
parking meter|parking meters|parcmètre|parcmètres|aucun
bench|benches|banc|bancs|aucun
bird|birds|oiseau|oiseaux|aucun
cat|cats|chat|chats|aucun
dog|dogs|chien|chiens|aucun
horse|horses|cheval|chevaux|aucun
sheep|sheep|mouton|moutons|aucun
cow|cows|vache|vaches|aucune
elephant|elephants|éléphant|éléphants|aucun
bear|bears|ours|ours|aucun
zebra|zebras|zèbre|zèbres|aucun
giraffe|giraffes|girafe|girafes|aucune
backpack|backpacks|sac à dos|sacs à dos|aucun
umbrella|umbrellas|parapluie|parapluies|aucun
handbag|handbags|sac à main|sacs à main|aucun
tie|ties|cravate|cravates|aucune
suitcase|suitcases|valise|valises|aucune
frisbee|frisbees|frisbee|frisbees|aucun
skis|pairs of skis|paire de skis|paires de skis|aucune
snowboard|snowboards|snowboard|snowboards|aucun
sports ball|sports balls|ballon|ballons|aucun
kite|kites|cerf-volant|cerfs-volants|aucun
baseball bat|baseball bats|batte de baseball|battes de baseball|aucune
baseball glove|baseball gloves|gant de baseball|gants de baseball|aucun
skateboard|skateboards|skateboard|skateboards|aucun
surfboard|surfboards|planche de surf|planches de surf|aucune
tennis racket|tennis rackets|raquette de tennis|raquettes de tennis|aucune
bottle|bottles|bouteille|bouteilles|aucune
wine glass|wine glasses|verre à vin|verres à vin|aucun
cup|cups|tasse|tasses|aucune
fork|forks|fourchette|fourchettes|aucune
knife|knives|couteau|couteaux|aucun
spoon|spoons|cuillère|cuillères|aucune
bowl|bowls|bol|bols|aucun
banana|bananas|banane|bananes|aucune
apple|apples|pomme|pommes|aucune
sandwich|sandwiches|sandwich|sandwichs|aucun
orange|oranges|orange|oranges|aucune
broccoli|heads of broccoli|brocoli|brocolis|aucun
carrot|carrots|carotte|carottes|aucune
hot dog|hot dogs|hot-dog|hot-dogs|aucun
pizza|pizzas|pizza|pizzas|aucune
donut|donuts|donut|donuts|aucun
cake|cakes|gâteau|gâteaux|aucun
chair|chairs|chaise|chaises|aucune
couch|couches|canapé|canapés|aucun
potted plant|potted plants|plante en pot|plantes en pot|aucune
bed|beds|lit|lits|aucun
dining table|dining tables|table|tables|aucune
toilet|toilets|toilettes|toilettes|aucunes
tv|TVs|télévision|télévisions|aucune
laptop|laptops|ordinateur portable|ordinateurs portables|aucun
mouse|mice|souris|souris|aucune
remote|remotes|télécommande|télécommandes|aucune
keyboard|keyboards|clavier|claviers|aucun
cell phone|cell phones|téléphone|téléphones|aucun
microwave|microwaves|four à micro-ondes|fours à micro-ondes|aucun
oven|ovens|four|fours|aucun
toaster|toasters|grille-pain|grille-pain|aucun
sink|sinks|évier|éviers|aucun
refrigerator|refrigerators|réfrigérateur|réfrigérateurs|aucun
book|books|livre|livres|aucun
clock|clocks|horloge|horloges|aucune
vase|vases|vase|vases|aucun
scissors|pairs of scissors|paire de ciseaux|paires de ciseaux|aucune
teddy bear|teddy bears|ours en peluche|ours en peluche|aucun
hair drier|hair driers|sèche-cheveux|sèche-cheveux|aucun
toothbrush|toothbrushes|brosse à dents|brosses à dents|aucune
"""


def _read(line: str) -> tuple[str, LabelNames]:
    label, several, fr_one, fr_several, fr_none = line.split("|")
    one = {"skis": "pair of skis", "scissors": "pair of scissors", "tv": "TV", "broccoli": "head of broccoli"}
    return label, LabelNames((one.get(label, label), several), (fr_one, fr_several), fr_none)


LABEL_NAMES: Mapping[str, LabelNames] = dict(_read(line) for line in _TABLE.strip().splitlines())
"""By COCO's label."""


def tell_count(label: str, count: int, language: Language) -> str:
    """Such as `2 people`, `1 knife`, `no car`; a label that has no name here stays as it is: `2 × forklift`."""
    names = LABEL_NAMES.get(label)
    if names is None:
        return f"{count} × {label}"
    if count == 0:
        none = "no" if language is Language.ENGLISH else names.fr_none
        return f"{none} {_name(names, 1, language)}"
    return f"{count} {_name(names, count, language)}"


def tell_counts(counts: Mapping[str, int], language: Language) -> str:
    """Such as `2 people, 1 knife`, the most first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(tell_count(label, count, language) for label, count in ordered)


def _name(names: LabelNames, count: int, language: Language) -> str:
    one, several = names.en if language is Language.ENGLISH else names.fr
    return several if count > 1 else one
