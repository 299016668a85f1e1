//! A browser's `User-Agent` in words that mean something to an agent.

/// In the order in which to look: most browsers also name the ones that they descend from.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox 130 on Linux`; none for what no browser sends.
pub(super) fn in_words(user_agent: &str) -> Option<String> {
    let (name, version) = BROWSERS.iter().find_map(|(mark, name)| {
        let after = user_agent.split_once(mark)?.1;
        Some((name, after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()))
    })?;
    let system = SYSTEMS.iter().find(|(mark, _)| user_agent.contains(mark));
    let mut words = (*name).to_owned();
    if !version.is_empty() && version.len() < 6 {
        words = format!("{words} {version}");
    }
    if let Some((_, system)) = system {
        words = format!("{words} on {system}");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn common_browsers_have_names() {
        for (agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
                "Firefox 130 on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0",
                "Edge 128 on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari 17 on iPhone",
            ),
        ] {
            assert_eq!(in_words(agent).as_deref(), Some(words));
        }
        assert_eq!(in_words("curl/8.0"), None);
        assert_eq!(in_words(""), None);
    }
}
