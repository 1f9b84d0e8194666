"""What we say to people, in every language that we speak. A test walks it: no saying lacks a language or a place."""

from dataclasses import dataclass

from instantreact.domain.language import Language


@dataclass(frozen=True)
class Saying:
    """One saying; what stands in braces is put there when it is said."""

    en: str
    fr: str

    def say(self, language: Language, **values: object) -> str:
        """It, in a language."""
        return {Language.ENGLISH: self.en, Language.FRENCH: self.fr}[language].format(**values)


ACKNOWLEDGE = Saying("Acknowledge", "Je m’en occupe")
FALSE_ALARM = Saying("False alarm", "Fausse alerte")
OPEN = Saying("Open", "Ouvrir")
MUTE = Saying("Mute", "Silence")

GREETING = Saying(
    "Alerts of cameras, sent by a bot to people who were invited.",
    "Alertes de caméras, envoyées par un robot aux personnes invitées.",
)
MENU_STOP = Saying("Stop alerts", "Arrêter les alertes")
MENU_HELP = Saying("What can I ask?", "Que puis-je demander ?")

WELCOME = Saying(
    "Hello {name}. This is a bot: it sends you alerts of cameras by itself, and nobody reads what you write here. "
    "Write HELP to see what you can ask, and STOP to get no more alerts.",
    "Bonjour {name}. Ceci est un robot : il vous envoie de lui-même les alertes de caméras, et personne ne lit ce que "
    "vous écrivez ici. Écrivez AIDE pour voir ce que vous pouvez demander, et STOP pour ne plus recevoir d’alertes.",
)
STOPPED = Saying(
    "You get no more alerts. Write START to get them again.",
    "Vous ne recevez plus d’alertes. Écrivez START pour les recevoir à nouveau.",
)
STARTED = Saying(
    "You get alerts again. Write STOP to end them.",
    "Vous recevez à nouveau les alertes. Écrivez STOP pour les arrêter.",
)
NOT_INVITED = Saying(
    "This is a bot that sends alerts of cameras to people who were invited. "
    "Open the link of your invitation, or write its code of six digits.",
    "Ceci est un robot qui envoie les alertes de caméras aux personnes invitées. "
    "Ouvrez le lien de votre invitation, ou écrivez son code à six chiffres.",
)
NOT_VALID = Saying(
    "This invitation was used, has expired, or is none. Ask whoever sent it for a new one.",
    "Cette invitation a déjà servi, a expiré ou n’en est pas une. Demandez-en une nouvelle à qui vous l’a envoyée.",
)
KEEP_ON = Saying("Keep alerts on", "Garder les alertes")
SHUTS_SOON = Saying("Alerts stop here at {until}", "Plus d’alertes ici après {until}")
KEEP_IT_OPEN = Saying(
    "Alerts reach you in this chat until {until}. After that, nothing comes through until you write here. "
    "Tap below to keep them on.",
    "Les alertes vous parviennent dans cette conversation jusqu’à {until}. Ensuite, plus rien n’arrive avant que vous "
    "n’écriviez ici. Touchez ci-dessous pour les garder.",
)
KEPT_UNTIL = Saying(
    "Alerts come here until {until}, and for a day after anything you write.",
    "Les alertes arrivent ici jusqu’à {until}, et pendant un jour après tout ce que vous écrivez.",
)
KEPT_ON = Saying(
    "Alerts come here until you write STOP.", "Les alertes arrivent ici jusqu’à ce que vous écriviez STOP."
)
NOT_TOLD = Saying("You are not told of alerts here.", "Vous ne recevez pas d’alertes ici.")
NOT_NOW = Saying(
    "That cannot be looked up just now. Try again in a minute.",
    "Impossible de le chercher pour le moment. Réessayez dans une minute.",
)
DELETED = Saying("This alert was deleted.", "Cette alerte a été supprimée.")
ACKNOWLEDGED = Saying("Acknowledged", "Prise en charge")
DISMISSED = Saying("Dismissed", "Classée comme fausse alerte")
RAISED = Saying("Raised", "Ouverte")
BY = Saying("{state} by {name}", "{state} par {name}")
LEARNED = Saying(
    "{state}. Thanks: this camera will ask for more before it says “{concept}” again.",
    "{state}. Merci : cette caméra sera plus exigeante avant de dire à nouveau « {concept} ».",
)
CONCEPTS = {
    "fight": Saying("fight", "bagarre"),
    "fall": Saying("fall", "chute"),
    "lying": Saying("somebody lying", "personne allongée"),
    "fire": Saying("fire", "feu"),
}
"""What the concepts that are shipped are called; others have their own name."""
NOTHING_TO_ANSWER = Saying("You were told of no alert yet.", "Aucune alerte ne vous a encore été envoyée.")

HELP = Saying(
    "Write STATUS, LAST, CLIP, PHOTO and the name of a camera, OK or FALSE ALARM about the latest alert, "
    "MUTE (such as MUTE 1h), UNMUTE, STOP or START.",
    "Écrivez ÉTAT, DERNIER, CLIP, PHOTO et le nom d’une caméra, OK ou FAUSSE ALERTE à propos de la dernière alerte, "
    "SILENCE (par exemple SILENCE 1h), FIN SILENCE, STOP ou START.",
)
NOT_UNDERSTOOD = Saying("I did not understand that. {help}", "Je n’ai pas compris. {help}")

ASK_MUTE = Saying("What is to be quiet, and for how long?", "Que faut-il faire taire, et pour combien de temps ?")
ASK_LENGTH = Saying("{what}: quiet for how long?", "{what} : silence pour combien de temps ?")
THIS_RULE = Saying("Rule: {name}", "Règle : {name}")
THIS_CAMERA = Saying("Camera: {name}", "Caméra : {name}")
RULE_FOR = Saying("Rule {length}", "Règle {length}")
CAMERA_FOR = Saying("Camera {length}", "Caméra {length}")
ALL_FOR = Saying("All {length}", "Tout {length}")
EVERYTHING = Saying("Everything", "Tout")
MUTED = Saying(
    "{what}: you are told nothing until {until}. Write UNMUTE to end that.",
    "{what} : vous n’êtes averti de rien jusqu’à {until}. Écrivez FIN SILENCE pour y mettre fin.",
)
UNMUTED = Saying("Nothing is muted any more for you.", "Plus rien n’est en silence pour vous.")
UNMUTED_ONE = Saying("{what}: you are told again.", "{what} : vous êtes averti à nouveau.")
NOT_MUTED = Saying("You had muted nothing like that.", "Vous n’aviez rien mis en silence de tel.")
TOO_LONG = Saying("A mute lasts from one minute to seven days.", "Un silence dure d’une minute à sept jours.")

NO_SUCH_NAME = Saying("I know nothing called “{name}”.", "Je ne connais rien du nom de « {name} ».")
DID_YOU_MEAN = Saying("{unknown} Did you mean one of these?", "{unknown} Vouliez-vous dire l’un de ceux-ci ?")
WHICH_CAMERA = Saying("Of which camera?", "De quelle caméra ?")
NO_CAMERA = Saying("There is no camera yet.", "Il n’y a pas encore de caméra.")

CAMERA_LIVE = Saying("{name}: live since {since}", "{name} : en direct depuis {since}")
CAMERA_LOST = Saying("{name}: lost since {since}", "{name} : perdue depuis {since}")
CAMERA_COMING = Saying("{name}: connecting since {since}", "{name} : connexion en cours depuis {since}")
CAMERA_UNWATCHED = Saying("{name}: not watched now", "{name} : pas surveillée en ce moment")
CAMERA_OFF = Saying("{name}: switched off", "{name} : désactivée")
AND_MORE = Saying("and {number} more", "et {number} autres")
PHOTO_OF = Saying("{name}, {at}", "{name}, {at}")
NO_PHOTO = Saying("There is no picture now. {status}", "Pas d’image en ce moment. {status}")

NO_EVENT = Saying("Nothing was seen yet.", "Rien n’a encore été vu.")
CLIP_AT = Saying("The clip of {title}: {url}", "Le clip de {title} : {url}")
CLIP_OF = Saying("The clip of {title}", "Le clip de {title}")
NO_CLIP_YET = Saying(
    "The clip of {title} is not ready yet, or is not kept any more. Ask again in some seconds.",
    "Le clip de {title} n’est pas encore prêt, ou n’est plus gardé. Demandez à nouveau dans quelques secondes.",
)
NO_CLIP_HERE = Saying(
    "The clip of {title} cannot be sent here: it is too large or no MP4, and "
    "INSTANTREACT_PUBLIC_URL is not set for a link.",
    "Le clip de {title} ne peut pas être envoyé ici : il est trop grand ou n’est pas un MP4, et "
    "INSTANTREACT_PUBLIC_URL n’est pas réglé pour un lien.",
)

CAMERA_IS_LOST = Saying("{camera} is lost", "{camera} est perdue")
CAMERA_COMES_AND_GOES = Saying("{camera} comes and goes", "{camera} va et vient")
CAMERA_IS_BACK = Saying("{camera} is back", "{camera} est de retour")
NO_PICTURE_SINCE = Saying(
    "{camera} has sent no picture since {since}.", "{camera} n’a envoyé aucune image depuis {since}."
)
PARTLY_SEEN = Saying(
    "{title}. Of the time since {since}, {gap} was not seen.",
    "{title}. Du temps écoulé depuis {since}, {gap} n’ont pas été vus.",
)
NOTHING_SEEN = Saying(
    "{title}. Nothing was seen for {gap} from {since} on.",
    "{title}. Rien n’a été vu pendant {gap} à partir de {since}.",
)
CHANNEL_IS_BROKEN = Saying("{channel} is broken", "{channel} est en panne")
CHANNEL_WORKS = Saying("{channel} works again", "{channel} fonctionne à nouveau")
CHANNEL_QUIET = Saying(
    "No alert goes out on {channel} since {since}. {reason} What waits is sent once it works again.",
    "Aucune alerte ne part sur {channel} depuis {since}. {reason} Ce qui attend sera envoyé quand il fonctionnera.",
)
CHANNEL_WAS_QUIET = Saying(
    "{title}; it was broken since {since}. What waited for it is being sent.",
    "{title} ; il était en panne depuis {since}. Ce qui attendait est en cours d’envoi.",
)
HEARD = Saying("“{quote}” heard", "« {quote} » entendu")
MOVEMENT_IN = Saying("movement in {zone}", "mouvement dans {zone}")
IN_ZONE = Saying("{what} in {zone}", "{what} dans {zone}")
FOR_A_TIME = Saying("{what} for {time}", "{what} depuis {time}")
INTO_ZONE = Saying("{what} into {zone}", "{what}, entrée dans {zone}")
OUT_OF_ZONE = Saying("{what} out of {zone}", "{what}, sortie de {zone}")
IN_OR_OUT = Saying("{what} into or out of {zone}", "{what}, entrée dans {zone} ou sortie")
RIGHT_OF_LINE = Saying("{what} over the line, to its right", "{what} au-delà de la ligne, vers la droite")
LEFT_OF_LINE = Saying("{what} over the line, to its left", "{what} au-delà de la ligne, vers la gauche")
OVER_THE_LINE = Saying("{what} over the line", "{what} au-delà de la ligne")
QUOTED = Saying("{what} (“{quote}”)", "{what} (« {quote} »)")
WEEKDAYS = Saying("Mon Tue Wed Thu Fri Sat Sun", "lun. mar. mer. jeu. ven. sam. dim.")
MONTHS = Saying(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
)

TRIAL = Saying("Test alert", "Alerte d’essai")
TRIAL_SAYS = Saying(
    "This is a test: nothing happened. {name} wants to know whether alerts reach you. Acknowledge it to say yes.",
    "Ceci est un essai : il ne s’est rien passé. {name} veut savoir si les alertes vous parviennent. Touchez "
    "« Je m’en occupe » pour le dire.",
)
ALL_IS_WELL = Saying("All is well", "Tout va bien")
NOT_ALL_LIVE = Saying("Not every camera is live", "Certaines caméras ne sont pas en direct")
CAMERAS_LIVE = Saying("Cameras live: {live} of {all}.", "Caméras en direct : {live} sur {all}.")
NOT_LIVE = Saying("Not live: {names}.", "Pas en direct : {names}.")
ALERTS_SINCE = Saying(
    "Alerts since {since}: {alerts}, of which {open} unanswered.",
    "Alertes depuis {since} : {alerts}, dont {open} sans réponse.",
)
HEADING = Saying("{title}:", "{title} :")
TIMES = Saying("{title}: {count} times", "{title} : {count} fois")
BETWEEN = Saying("From {first} to {latest}", "De {first} à {latest}")
ALSO = Saying("Also: {rules}", "Et aussi : {rules}")
KEPT_FOR_YOU = Saying("{count} alerts were kept for you", "{count} alertes ont été gardées pour vous")
ACKNOWLEDGED_BY = Saying("{title}: acknowledged by {name}", "{title} : prise en charge par {name}")
DISMISSED_BY = Saying("{title}: dismissed by {name}", "{title} : fausse alerte d’après {name}")
TAKEN_BY = Saying(
    "{title}, raised at {at}: {name} acknowledged it. You need do nothing.",
    "{title}, donnée à {at} : {name} s’en occupe. Vous n’avez rien à faire.",
)
FALSE_SAYS = Saying(
    "{title}, raised at {at}: {name} says that it was a false alarm. You need do nothing.",
    "{title}, donnée à {at} : {name} dit que c’était une fausse alerte. Vous n’avez rien à faire.",
)

LOOK_WAITING = Saying("Second look: no answer yet", "Second regard : pas encore de réponse")
LOOK_CONFIRMS = Saying("Second look: confirmed", "Second regard : confirmé")
LOOK_REJECTS = Saying("Second look: probably a false alarm", "Second regard : sans doute une fausse alerte")
LOOK_UNSURE = Saying("Second look: not sure", "Second regard : incertain")
LOOK_LATE = Saying("Second look: no answer in time", "Second regard : pas de réponse à temps")
LOOK_SPENT = Saying("Second look: no more in this hour", "Second regard : plus aucun pour cette heure")
LOOK_FAILED = Saying("Second look: not possible", "Second regard : impossible")
LOOK_TITLE = Saying("{title}: a second look", "{title} : un second regard")
FALSE_ALARM_TITLE = Saying("{title}: probably a false alarm", "{title} : sans doute une fausse alerte")
LOOK_SAYS = Saying(
    "{title}, raised at {at}. A second look says: {sentence}",
    "{title}, donnée à {at}. Un second regard dit : {sentence}",
)
LOOK_SEES_NOTHING = Saying(
    "{title}, raised at {at}. A second look does not see it.",
    "{title}, donnée à {at}. Un second regard ne le voit pas.",
)
PROBABLY_FALSE = Saying("Probably a false alarm.", "Sans doute une fausse alerte.")
