<?php
/** The HTML of the shortcode and the block, and the widget's script. */

declare( strict_types=1 );

namespace NewsTicker;

defined( 'ABSPATH' ) || exit;

const SCRIPT = 'news-ticker-widget';

/**
 * Handle [news_ticker edition="en" layout="bar"].
 *
 * @param array<string, string>|string $given Empty text: no attributes.
 */
function shortcode( $given ): string {
	return ticker( is_array( $given ) ? $given : array() );
}

/**
 * Handle the block.
 *
 * @param array<string, mixed> $given Attributes of block.json.
 */
function block( array $given ): string {
	$html = ticker( $given );
	return '' === $html ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $html . '</div>';
}

/**
 * Return the element, and load its script once a page.
 *
 * @param array<string, mixed> $given
 */
function ticker( array $given ): string {
	if ( is_feed() ) {
		return ''; // a feed reader runs no script
	}
	if ( '' === server() ) {
		return current_user_can( 'edit_posts' )
			? '<p>' . esc_html__( 'Set the address of your newsroom in Settings → News Ticker.', 'news-ticker' ) . '</p>'
			: '';
	}
	wp_enqueue_script( SCRIPT, server() . '/widget.js', array(), null, true );
	$attributes = attributes_of( $given );
	$html       = '<news-ticker server="' . esc_url( server() ) . '"';
	foreach ( $attributes as $name => $value ) {
		$html .= ' ' . $name . ( '' === $value ? '' : '="' . esc_attr( $value ) . '"' );
	}
	return $html . '>' . items( $attributes ) . '</news-ticker>';
}

/** Make the widget's script a module, as it is one. */
function load_as_module( string $tag, string $handle ): string {
	if ( SCRIPT !== $handle ) {
		return $tag;
	}
	return '<script type="module" id="' . SCRIPT . '" src="' . esc_url( server() . '/widget.js' ) . '"></script>' . "\n"; // phpcs:ignore
}
