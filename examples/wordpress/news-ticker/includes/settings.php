<?php
/** The plugin's options, and their page: Settings → News Ticker. */

declare( strict_types=1 );

namespace NewsTicker;

defined( 'ABSPATH' ) || exit;

const OPTION = 'news_ticker';
const PAGE   = 'news-ticker';

/** Return the newsroom's address, without a slash at its end; empty if it is not set. */
function server(): string {
	return options()['server'];
}

function default_edition(): string {
	return options()['edition'];
}

/** Return whether this server asks the newsroom for the items. */
function fetches_items(): bool {
	return (bool) options()['items'];
}

/** @return array{server: string, edition: string, items: string} */
function options(): array {
	return (array) get_option( OPTION, array() ) + array(
		'server'  => '',
		'edition' => '',
		'items'   => '1',
	);
}

/** Register the options with the Settings API, which checks the nonce and the capability. */
function register_settings(): void {
	register_setting( PAGE, OPTION, array( 'sanitize_callback' => __NAMESPACE__ . '\\sanitize' ) );
	add_settings_section( 'newsroom', __( 'Newsroom', 'news-ticker' ), '__return_null', PAGE );
	$fields = array(
		'server'  => __( 'Address', 'news-ticker' ),
		'edition' => __( 'Edition', 'news-ticker' ),
		'items'   => __( 'Items in the page', 'news-ticker' ),
	);
	foreach ( $fields as $name => $label ) {
		add_settings_field( $name, $label, __NAMESPACE__ . '\\field', PAGE, 'newsroom', array( 'name' => $name, 'label_for' => "news-ticker-$name" ) );
	}
}

/** @param array{name: string, label_for: string} $field */
function field( array $field ): void {
	$name  = $field['name'];
	$value = (string) options()[ $name ];
	$more  = array(
		'server'  => array( 'url', 'class="regular-text" placeholder="https://news.example"', __( 'Scheme and host of your newsroom. Browsers connect to it.', 'news-ticker' ) ),
		'edition' => array( 'text', '', __( 'For tickers that name none, such as en. Empty: all editions.', 'news-ticker' ) ),
		'items'   => array( 'checkbox', checked( $value, '1', false ), __( 'This server asks the newsroom for the items, so that search engines and readers without JavaScript get them.', 'news-ticker' ) ),
	);
	list( $type, $attributes, $help ) = $more[ $name ];
	printf(
		'<input type="%1$s" id="%2$s" name="%3$s" value="%4$s" %5$s> <p class="description">%6$s</p>',
		esc_attr( $type ),
		esc_attr( $field['label_for'] ),
		esc_attr( OPTION . "[$name]" ),
		esc_attr( 'checkbox' === $type ? '1' : $value ),
		$attributes, // phpcs:ignore -- constants
		esc_html( $help )
	);
}

/**
 * Return the options to keep. What is wrong is reported and keeps its value.
 *
 * @param mixed $given Of the form.
 * @return array<string, string>
 */
function sanitize( $given ): array {
	$given   = is_array( $given ) ? $given : array();
	$address = is_string( $given['server'] ?? null ) ? trim( $given['server'] ) : '';
	if ( '' !== $address && ! preg_match( '/^https?:\/\/[^\s\/?#@"\'<>\\\\]+\/?$/D', $address ) ) {
		add_settings_error( OPTION, 'server', __( 'The address must be a scheme and a host, such as https://news.example.', 'news-ticker' ) );
		$address = server();
	}
	$edition = is_string( $given['edition'] ?? null ) ? trim( $given['edition'] ) : '';
	return array(
		'server'  => untrailingslashit( esc_url_raw( $address, array( 'http', 'https' ) ) ),
		'edition' => preg_match( TEXTS['edition'] . 'D', $edition ) ? $edition : '',
		'items'   => empty( $given['items'] ) ? '' : '1',
	);
}

function add_settings_page(): void {
	add_options_page( __( 'News Ticker', 'news-ticker' ), __( 'News Ticker', 'news-ticker' ), 'manage_options', PAGE, __NAMESPACE__ . '\\settings_page' );
}

function settings_page(): void {
	echo '<div class="wrap"><h1>' . esc_html__( 'News Ticker', 'news-ticker' ) . '</h1><form method="post" action="options.php">';
	settings_fields( PAGE );
	do_settings_sections( PAGE );
	submit_button();
	echo '</form></div>';
}

/**
 * @param array<string> $links
 * @return array<string>
 */
function add_settings_link( array $links ): array {
	$address = admin_url( 'options-general.php?page=' . PAGE );
	array_unshift( $links, '<a href="' . esc_url( $address ) . '">' . esc_html__( 'Settings', 'news-ticker' ) . '</a>' );
	return $links;
}
