<?php
/**
 * The live items as HTML, fetched from the newsroom by this server.
 *
 * Readers without JavaScript and search engines get them; the widget takes them over and resumes from their cursor, so a
 * page that is cached for long is brought up to date too.
 */

declare( strict_types=1 );

namespace NewsTicker;

defined( 'ABSPATH' ) || exit;

const TIMEOUT_SECONDS = 1;
const BYTES_MAX       = 1000000;

/** Seconds for which items are kept, and for which a newsroom that did not answer is not asked again. */
const KEEP_SECONDS  = 10;
const RETRY_SECONDS = 60;

/** Attributes that change the items; the others are the element's alone. */
const OF_ITEMS = array( 'edition', 'section', 'region', 'tag', 'story', 'level', 'layout', 'count', 'breaking', 'item-href', 'lang' );

/**
 * Return the inside of the element with these attributes. Empty if the newsroom does not answer in time, or if the
 * settings say so: then the items appear when the widget has connected.
 *
 * @param array<string, string> $attributes Valid ones.
 */
function items( array $attributes ): string {
	if ( ! fetches_items() ) {
		return '';
	}
	$query            = array_intersect_key( $attributes, array_flip( OF_ITEMS ) );
	$query['script']  = 'no';
	$address          = server() . '/v1/embed?' . http_build_query( $query, '', '&', PHP_QUERY_RFC3986 );
	$away             = 'news_ticker_away_' . md5( server() );
	$key              = 'news_ticker_' . md5( $address );
	$kept             = get_transient( $key );
	if ( is_string( $kept ) || get_transient( $away ) ) {
		return (string) $kept;
	}
	// The address is an administrator's, who may have the newsroom in the same private network.
	$answer = wp_remote_get(
		$address,
		array(
			'timeout'             => TIMEOUT_SECONDS,
			'redirection'         => 0,
			'limit_response_size' => BYTES_MAX,
		)
	);
	$status = wp_remote_retrieve_response_code( $answer );
	if ( ! is_int( $status ) || $status >= 500 ) {
		set_transient( $away, '1', RETRY_SECONDS );
		return '';
	}
	$html   = 200 === $status ? wp_remote_retrieve_body( $answer ) : '';
	$inside = preg_match( '/^\s*<news-ticker[^>]*>(.*)<\/news-ticker>\s*$/s', $html, $found ) ? without_shortcodes( $found[1] ) : '';
	set_transient( $key, $inside, '' === $inside ? RETRY_SECONDS : KEEP_SECONDS );
	return $inside;
}

/**
 * Return HTML of the newsroom in which WordPress finds no shortcode: it looks for them in what a block returns. In the
 * JSON of the script, a bracket before a letter is inside a text.
 */
function without_shortcodes( string $html ): string {
	list( $list, $script ) = explode( '<script', $html, 2 ) + array( 1 => null );
	$list                  = str_replace( '[', '&#91;', $list );
	return null === $script ? $list : $list . '<script' . preg_replace( '/\[(?=\pL)/u', '\\\\u005b', $script );
}
