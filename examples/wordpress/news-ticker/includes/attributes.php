<?php
/** Attributes of the element: which there are, and which values they take. */

declare( strict_types=1 );

namespace NewsTicker;

defined( 'ABSPATH' ) || exit;

/** Attributes with one of several values. */
const CHOICES = array(
	'layout' => array( 'list', 'bar', 'toast', 'crawl', 'screen' ),
	'theme'  => array( 'auto', 'light', 'dark' ),
	'level'  => array( 'ticker', 'urgent', 'bulletin', 'flash' ),
);

/** Attributes with a text, and what it looks like. */
const TEXTS = array(
	'edition'   => '/^[\w,. -]{1,200}$/u',
	'section'   => '/^[\w,. -]{1,200}$/u',
	'region'    => '/^[\w,. -]{1,200}$/u',
	'tag'       => '/^[\w,. -]{1,200}$/u',
	'story'     => '/^[\w,. -]{1,200}$/u',
	'breaking'  => '/^(none|(ticker|urgent|bulletin|flash) \d{1,4}m)$/',
	'skip'      => '/^[a-z0-9,]{1,1000}$/',
	'lang'      => '/^[A-Za-z0-9-]{1,35}$/',
	'time-zone' => '/^[A-Za-z0-9_\/+-]{1,64}$/',
	'item-href' => '/^(\{link\}|https?:\/\/[^\s\/?#]+\/\S{0,500}|\/(?!\/)\S{0,500})$/',
);

const COUNT_MAX = 100;

/**
 * Return the valid attributes among those that an author has given, by name; the others are left out.
 *
 * @param array<string, mixed> $given Of the shortcode or the block.
 * @return array<string, string> Not escaped.
 */
function attributes_of( array $given ): array {
	$attributes = array();
	foreach ( CHOICES as $name => $values ) {
		if ( in_array( $given[ $name ] ?? null, $values, true ) ) {
			$attributes[ $name ] = $given[ $name ];
		}
	}
	foreach ( TEXTS as $name => $pattern ) {
		$value = $given[ $name ] ?? '';
		if ( is_string( $value ) && preg_match( $pattern . 'D', $value ) ) {
			$attributes[ $name ] = $value;
		}
	}
	$count = $given['count'] ?? null;
	if ( is_numeric( $count ) && $count >= 1 ) {
		$attributes['count'] = (string) min( COUNT_MAX, (int) $count );
	}
	if ( filter_var( $given['dismissible'] ?? false, FILTER_VALIDATE_BOOLEAN ) ) {
		$attributes['dismissible'] = '';
	}
	if ( ! isset( $attributes['edition'] ) && default_edition() !== '' ) {
		$attributes['edition'] = default_edition();
	}
	return $attributes;
}
