import { catalogue } from '@/shared/words/catalogue'

export const words = catalogue({
  en: {
    state: { live: 'Live', connecting: 'Connecting', lost: 'Lost', idle: 'Not watched', stopped: 'Off' },
    lostSince: (moment: string) => `Lost since ${moment}`,
    connecting: 'Connecting to the camera.',
    idle: 'It is on, but no process of the service watches it.',
    stopped: 'It is switched off.',
    now: 'now',
    seconds: (seconds: number) => `${seconds} s ago`,
    minutes: (minutes: number) => `${minutes} min ago`,
    hours: (hours: number) => `${hours} h ago`,
    age: (age: string) => `Picture: ${age}`,
  },
  fr: {
    state: { live: 'En direct', connecting: 'Connexion', lost: 'Perdue', idle: 'Pas surveillée', stopped: 'Éteinte' },
    lostSince: (moment: string) => `Perdue depuis ${moment}`,
    connecting: 'Connexion à la caméra.',
    idle: 'Elle est en service, mais aucun processus ne la surveille.',
    stopped: 'Elle est éteinte.',
    now: 'à l’instant',
    seconds: (seconds: number) => `il y a ${seconds} s`,
    minutes: (minutes: number) => `il y a ${minutes} min`,
    hours: (hours: number) => `il y a ${hours} h`,
    age: (age: string) => `Image : ${age}`,
  },
})
