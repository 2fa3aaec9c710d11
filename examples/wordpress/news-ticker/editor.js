/* The block in the editor: its settings in the sidebar, and the live ticker in a frame of the newsroom. */
(function ({ blocks, blockEditor, components, element, i18n }) {
	const { createElement: h } = element;
	const { __ } = i18n;
	const server = window.newsTickerServer;
	/* Height of the preview in pixels. */
	const HEIGHTS = { bar: 120, list: 420, toast: 200, crawl: 60, screen: 420 };

	/* Return the address of the ticker as a page of its own. */
	function preview(attributes) {
		const query = new URLSearchParams({ frame: "yes" });
		for (const name of ["edition", "section", "layout", "theme", "level", "count"]) {
			if (attributes[name]) query.set(name, attributes[name]);
		}
		if (attributes.dismissible) query.set("dismissible", "yes");
		return `${server}/v1/embed?${query}`;
	}

	function Edit({ attributes, setAttributes }) {
		const set = (name) => (value) => setAttributes({ [name]: value });
		const text = (name, label, help) =>
			h(components.TextControl, { label, help, value: attributes[name], onChange: set(name) });
		const select = (name, label, options) =>
			h(components.SelectControl, { label, options, value: attributes[name], onChange: set(name) });
		const settings = h(
			blockEditor.InspectorControls,
			null,
			h(
				components.PanelBody,
				{ title: __("Ticker", "news-ticker") },
				select("layout", __("Layout", "news-ticker"), [
					{ value: "bar", label: __("Bar: one headline at a time", "news-ticker") },
					{ value: "list", label: __("List", "news-ticker") },
					{ value: "toast", label: __("Alert in a corner", "news-ticker") },
					{ value: "crawl", label: __("Moving line", "news-ticker") },
					{ value: "screen", label: __("Full screen", "news-ticker") },
				]),
				select("theme", __("Colours", "news-ticker"), [
					{ value: "auto", label: __("As the page", "news-ticker") },
					{ value: "light", label: __("Light", "news-ticker") },
					{ value: "dark", label: __("Dark", "news-ticker") },
				]),
				text("edition", __("Edition", "news-ticker"), __("Empty: the edition of the settings.", "news-ticker")),
				text("section", __("Sections", "news-ticker"), __("Separate several with commas. Empty: all.", "news-ticker")),
				select("level", __("Lowest level", "news-ticker"), [
					{ value: "", label: __("Default", "news-ticker") },
					{ value: "ticker", label: __("All news", "news-ticker") },
					{ value: "urgent", label: __("Urgent", "news-ticker") },
					{ value: "bulletin", label: __("Bulletin", "news-ticker") },
					{ value: "flash", label: __("Flash", "news-ticker") },
				]),
				h(components.RangeControl, {
					label: __("Number of items", "news-ticker"),
					min: 1,
					max: 20,
					value: attributes.count,
					onChange: set("count"),
				}),
				h(components.ToggleControl, {
					label: __("Readers can close it", "news-ticker"),
					checked: attributes.dismissible,
					onChange: set("dismissible"),
				}),
			),
		);
		const shown = server
			? h("iframe", {
					src: preview(attributes),
					title: __("News ticker", "news-ticker"),
					height: HEIGHTS[attributes.layout],
					// A click selects the block and opens no item.
					style: { width: "100%", border: 0, pointerEvents: "none" },
				})
			: h(components.Placeholder, {
					icon: "megaphone",
					label: __("News ticker", "news-ticker"),
					instructions: __("Set the address of your newsroom in Settings → News Ticker.", "news-ticker"),
				});
		return h("div", blockEditor.useBlockProps(), settings, shown);
	}

	blocks.registerBlockType("news-ticker/ticker", { edit: Edit, save: () => null });
})(window.wp);
