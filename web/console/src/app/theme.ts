import { type CSSVariablesResolver, createTheme } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: 8, // white on it has 4.5:1
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
})

/** Mantine's own quiet colours are too faint for WCAG's 4.5:1 on their grounds. */
export const resolveColors: CSSVariablesResolver = (own) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': own.colors.gray[7],
    '--mantine-color-placeholder': own.colors.gray[7],
    '--mantine-color-error': own.colors.red[9],
    '--mantine-color-orange-light-color': '#9c2f00',
    '--mantine-color-orange-outline': '#b23c06',
    '--mantine-color-red-light-color': '#b02525',
    '--mantine-color-red-outline': own.colors.red[9],
    '--mantine-color-green-light-color': '#1f6b2c',
    '--mantine-color-green-outline': '#22752f',
    '--mantine-color-blue-light-color': own.colors.blue[9],
    '--mantine-color-gray-light-color': own.colors.gray[8],
    '--mantine-color-gray-outline': own.colors.gray[7],
    '--mantine-color-anchor': own.colors.indigo[8],
  },
  dark: {
    '--mantine-color-dimmed': own.colors.dark[1],
    '--mantine-color-placeholder': own.colors.dark[1],
    '--mantine-color-gray-outline': own.colors.gray[4],
    '--mantine-color-red-outline': own.colors.red[4],
    '--mantine-color-green-outline': own.colors.green[4],
    '--mantine-color-orange-outline': own.colors.orange[4],
    '--mantine-color-error': own.colors.red[4],
  },
})
