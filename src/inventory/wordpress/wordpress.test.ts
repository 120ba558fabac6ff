import { expect, test } from 'vitest'
import { catalogued } from '../../../test/support/catalog.ts'
import { wordpress } from './index.ts'

test('core, plugins and themes by their heads; parts of them are none', async () => {
  const { components, diagnostics } = await catalogued(wordpress, {
    'var/www/wp-includes/version.php': "<?php\n$wp_version = '6.4.2';\n",
    'var/www/wp-content/plugins/shop/main.php':
      '<?php\n/**\n * Plugin Name: The Shop\n * Version: 8.1\n * License: MIT\n */',
    'var/www/wp-content/plugins/shop/lib/part.php': '<?php // Version: 3',
    'var/www/wp-content/plugins/hello.php': '<?php /*\nPlugin Name: Hello\nVersion: 1.7\n*/',
    'var/www/wp-content/themes/plain/style.css': '/*\nTheme Name: Plain\nAuthor: Somebody\nVersion: 2.0\n*/',
    'var/www/wp-content/plugins/none/main.php': '<?php /* Plugin Name: Without */',
  })
  expect(components.map(({ name, version, purl }) => [name, version, purl])).toStrictEqual([
    ['hello', '1.7', 'pkg:generic/wordpress/plugin/hello@1.7'],
    ['shop', '8.1', 'pkg:generic/wordpress/plugin/shop@8.1'],
    ['plain', '2.0', 'pkg:generic/wordpress/theme/plain@2.0'],
    ['wordpress', '6.4.2', 'pkg:generic/wordpress@6.4.2'],
  ])
  expect(diagnostics.map(({ path }) => path)).toStrictEqual(['var/www/wp-content/plugins/none/main.php'])
})
