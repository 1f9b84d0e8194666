import { catalogue, count } from '@/shared/words/catalogue'

export const words = catalogue({
  en: {
    label: (date: string) => `The day ${date}`,
    keys: 'Arrow keys: a minute. Page up and down: an hour. Shift with arrows: to the next event.',
    motion: (share: string) => `motion ${share}`,
    still: 'no motion',
    events: (number: number) => count(number, 'event', 'events'),
    gap: { lost: 'camera lost', off: 'camera off', unknown: 'not known' },
    unseen: 'not yet',
    zoom: 'Show',
    hours: (hours: number) => count(hours, 'hour', 'hours'),
    earlier: 'Earlier',
    later: 'Later',
    zone: (zone: string) => `Times of ${zone}`,
    legend: { motion: 'Motion', event: 'Event', alert: 'Alert', gap: 'Nothing seen' },
  },
  fr: {
    label: (date: string) => `La journée du ${date}`,
    keys: 'Flèches : une minute. Page préc. et suiv. : une heure. Maj et flèches : à l’événement suivant.',
    motion: (share: string) => `mouvement ${share}`,
    still: 'aucun mouvement',
    events: (number: number) => count(number, 'événement', 'événements'),
    gap: { lost: 'caméra perdue', off: 'caméra éteinte', unknown: 'inconnu' },
    unseen: 'pas encore',
    zoom: 'Afficher',
    hours: (hours: number) => count(hours, 'heure', 'heures'),
    earlier: 'Plus tôt',
    later: 'Plus tard',
    zone: (zone: string) => `Heures de ${zone}`,
    legend: { motion: 'Mouvement', event: 'Événement', alert: 'Alerte', gap: 'Rien vu' },
  },
})
