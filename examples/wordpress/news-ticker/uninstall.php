<?php
/** Delete the plugin's options. Kept items expire by themselves. */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

delete_option( 'news_ticker' );
