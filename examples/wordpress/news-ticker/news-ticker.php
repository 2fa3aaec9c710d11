<?php
/**
 * Plugin Name:       News Ticker
 * Description:       Shows the live news of a Ticker newsroom: a block and a shortcode.
 * Version:           0.1.0
 * Requires at least: 5.8
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * Text Domain:       news-ticker
 * Domain Path:       /languages
 */

declare( strict_types=1 );

namespace NewsTicker;

defined( 'ABSPATH' ) || exit;

require __DIR__ . '/includes/attributes.php';
require __DIR__ . '/includes/items.php';
require __DIR__ . '/includes/render.php';
require __DIR__ . '/includes/settings.php';

add_action( 'init', __NAMESPACE__ . '\\register' );
add_action( 'admin_init', __NAMESPACE__ . '\\register_settings' );
add_action( 'admin_menu', __NAMESPACE__ . '\\add_settings_page' );
add_filter( 'plugin_action_links_' . plugin_basename( __FILE__ ), __NAMESPACE__ . '\\add_settings_link' );
add_filter( 'script_loader_tag', __NAMESPACE__ . '\\load_as_module', 10, 2 );

/** Register translations, the shortcode and the block. */
function register(): void {
	load_plugin_textdomain( 'news-ticker', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
	add_shortcode( 'news_ticker', __NAMESPACE__ . '\\shortcode' );
	register_block_type( __DIR__, array( 'render_callback' => __NAMESPACE__ . '\\block' ) );
	$editor = generate_block_asset_handle( 'news-ticker/ticker', 'editorScript' );
	wp_set_script_translations( $editor, 'news-ticker', __DIR__ . '/languages' );
	wp_add_inline_script( $editor, 'window.newsTickerServer = ' . wp_json_encode( server() ) . ';', 'before' );
}
