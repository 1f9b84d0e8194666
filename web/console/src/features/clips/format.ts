const UNITS = ['kilobyte', 'megabyte', 'gigabyte'] as const
const STEP = 1000

/** `482 kB`, `1.2 GB`. */
export function formatSize(bytes: number, language: string): string {
  let value = bytes / STEP
  let unit: (typeof UNITS)[number] = 'kilobyte'
  for (const larger of UNITS.slice(1)) {
    if (value < STEP) break
    value /= STEP
    unit = larger
  }
  const maximumFractionDigits = value < 10 ? 1 : 0
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits }).format(
    value,
  )
}

/** `12 sec`, `3 min`: about how long something takes. */
export function formatWait(seconds: number, language: string): string {
  const [value, unit] = seconds < 90 ? [Math.ceil(seconds), 'second'] : [Math.round(seconds / 60), 'minute']
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
}
