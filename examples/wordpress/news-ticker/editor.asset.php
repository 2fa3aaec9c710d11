<?php
/** What the block's editor script needs of WordPress. */

return array(
	'dependencies' => array( 'wp-block-editor', 'wp-blocks', 'wp-components', 'wp-element', 'wp-i18n' ),
	'version'      => md5_file( __DIR__ . '/editor.js' ),
);
