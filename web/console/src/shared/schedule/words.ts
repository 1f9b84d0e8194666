import { catalogue } from '@/shared/words/catalogue'
import type { ScheduleDay } from './schedule'

const DAYS_EN: Record<ScheduleDay, string> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
  holiday: 'holidays',
}
const DAYS_FR: Record<ScheduleDay, string> = {
  mon: 'lundi',
  tue: 'mardi',
  wed: 'mercredi',
  thu: 'jeudi',
  fri: 'vendredi',
  sat: 'samedi',
  sun: 'dimanche',
  holiday: 'jours fériés',
}

export const words = catalogue({
  en: {
    day: DAYS_EN,
    short: { mon: 'Mo', tue: 'Tu', wed: 'We', thu: 'Th', fri: 'Fr', sat: 'Sa', sun: 'Su' },
    daily: 'daily',
    weekdays: 'weekdays',
    weekends: 'weekends',
    through: (first: string, last: string) => `${first} to ${last}`,
    between: (days: string, start: string, end: string) => `${days} ${start} to ${end}`,
    whole: (days: string) => `${days} all day and night`,
    holidays: (number: number) => `not on ${number} holidays of its own`,
    always: 'at any time',
    cell: (day: string, clock: string) => `${day} ${clock}`,
    paintDay: (day: string) => `All of ${day}`,
    paintHour: (clock: string) => `${clock} on every day`,
    how: 'Drag over the hours to paint them, drag over painted ones to clear them. By keyboard: arrows move, Space paints, Shift with arrows paints on.',
    step: 'One cell is',
    steps: { 60: '1 hour', 30: '30 minutes', 15: '15 minutes' },
    presets: { nights: 'Nights', closed: 'Weekdays 20:00 to 06:00', weekend: 'Weekends' },
    begin: 'Begin with',
    cannot:
      'These hours do not begin and end on a quarter of an hour, which the week cannot show. They stay as they are.',
    anew: 'Paint them anew',
    keptHolidays: 'Hours and dates of holidays stay as they are; they are changed as JSON.',
  },
  fr: {
    day: DAYS_FR,
    short: { mon: 'lu', tue: 'ma', wed: 'me', thu: 'je', fri: 've', sat: 'sa', sun: 'di' },
    daily: 'tous les jours',
    weekdays: 'du lundi au vendredi',
    weekends: 'le week-end',
    through: (first: string, last: string) => `du ${first} au ${last}`,
    between: (days: string, start: string, end: string) => `${days} de ${start} à ${end}`,
    whole: (days: string) => `${days} jour et nuit`,
    holidays: (number: number) => `sauf ${number} jours fériés qui lui sont propres`,
    always: 'à toute heure',
    cell: (day: string, clock: string) => `${day} ${clock}`,
    paintDay: (day: string) => `Tout le ${day}`,
    paintHour: (clock: string) => `${clock} chaque jour`,
    how: 'Glissez sur les heures pour les peindre, sur des heures peintes pour les effacer. Au clavier : les flèches déplacent, Espace peint, Maj avec les flèches continue à peindre.',
    step: 'Une case dure',
    steps: { 60: '1 heure', 30: 'une demi-heure', 15: 'un quart d’heure' },
    presets: { nights: 'La nuit', closed: 'En semaine de 20:00 à 06:00', weekend: 'Le week-end' },
    begin: 'Partir de',
    cannot:
      'Ces heures ne commencent ni ne finissent au quart d’heure, ce que la semaine ne peut pas montrer. Elles restent telles quelles.',
    anew: 'Les repeindre',
    keptHolidays: 'Les heures et dates des jours fériés restent telles quelles ; elles se modifient en JSON.',
  },
})
