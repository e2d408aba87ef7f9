use super::environment::ENVIRONMENT_PREFIX;
use super::*;
use toml::Value;

const EXAMPLE: &str = include_str!("../../../../userstatusd.example.toml");

fn problems(text: &str) -> Vec<Problem> {
    match Config::parse(text) {
        Err(ConfigError::Invalid(problems)) => problems,
        other => panic!("{other:?}"),
    }
}

fn message(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}

fn overridden(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = environment::apply(Config::read(text)?, environment)?;
    config.check()?;
    Ok(config)
}

#[test]
fn the_example_is_the_default_and_names_every_setting() {
    assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
    let written: Table = EXAMPLE.parse().unwrap();
    let all = Table::try_from(Config::default()).unwrap();
    assert_eq!(
        written, all,
        "a setting is missing in the example, or has another value"
    );
}

#[test]
fn the_example_says_something_about_every_section() {
    for section in Table::try_from(Config::default()).unwrap().keys() {
        assert!(EXAMPLE.contains(&format!("[{section}]")), "{section}");
    }
}

#[test]
fn what_is_left_out_is_as_by_default() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
    let config = Config::parse("[connections]\ncount_max = 7\n").unwrap();
    assert_eq!(config.connections.count_max, 7);
    assert_eq!(config.connections.hello_timeout_ms, 10_000);
}

#[test]
fn sections_have_names_and_each_once() {
    for (text, name) in [
        ("storage = [\"/data\"]\n", "storage"),
        ("log = [\"json\", \"debug\"]\n", "log"),
        ("admin = [true]\n", "admin"),
        ("listeners = [[\"127.0.0.1:1\", true]]\n", "listeners.0"),
        ("log.format = { json = {} }\n", "log.format"),
    ] {
        let problems = problems(text);
        assert_eq!(problems[0].key, name, "{text}");
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    }
    for text in [
        "[log]\nlevel = \"info\"\nlevel = \"debug\"\n",
        "[log]\n[log]\n",
        "[runtime]\nworker_threads = nan\n",
        "[runtime]\nworker_threads = 1.0\n",
        "[runtime]\nworker_threads = 1 2\n",
        &format!(
            "[log]\nlevel = {}1{}\n",
            "[".repeat(10_000),
            "]".repeat(10_000)
        ),
    ] {
        assert!(Config::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_key_that_does_not_exist_is_named_with_its_line() {
    for text in [
        "[connections]\ncount_maximum = 7\n",
        "[storage]\n[conections]\n",
        "[[listeners]]\nadress = \"127.0.0.1:1\"\n",
    ] {
        let message = message(text);
        assert!(message.contains("line 2"), "{message}");
        assert!(message.contains("unknown field"), "{message}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_line() {
    for text in [
        "[connections]\ncount_max = \"many\"\n",
        "[connections]\ncount_max = -1\n",
        "[log]\nformat = \"xml\"\n",
        "[[listeners]]\naddress = \"here\"\n",
        "[admin]\nenabled = 1\n",
        "[log]\nlevel = \n",
    ] {
        let message = message(text);
        assert!(message.contains("line 2"), "{message}");
    }
}

#[test]
fn every_problem_is_told_not_just_the_first() {
    let problems = problems(
        "[[listeners]]\naddress = \"0.0.0.0:7700\"\n\
         [connections]\nhello_timeout_ms = 5\n\
         [throttle]\nentries_max = 0\n\
         [admin]\nlisten = \"0.0.0.0:7701\"\ntoken = \"short\"\n\
         [log]\nlevel = \"a=b=c\"\n",
    );
    let keys: Vec<_> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(
        keys,
        [
            "listeners.0",
            "connections.hello_timeout_ms",
            "throttle.entries_max",
            "admin.listen",
            "admin.token",
            "log.level",
        ]
    );
}

#[test]
fn an_admin_token_can_be_shown() {
    let admin = |token: &str| format!("[admin]\ntoken = {token:?}\n");
    for good in [
        "0123456789abcdef",
        "0123456789abcdef\n",
        " 0123456789 abcdef ",
    ] {
        assert!(Config::parse(&admin(good)).is_ok(), "{good:?}");
    }
    for bad in [
        "0123456789\nabcdef",
        "0123456789abcdé",
        "0123456789abcde\n\n",
        "\n",
    ] {
        assert_eq!(problems(&admin(bad))[0].key, "admin.token", "{bad:?}");
    }
}

#[test]
fn an_address_that_is_part_of_another_is_taken() {
    let health = |listen: &str| format!("[health]\nlisten = \"{listen}\"\n");
    for taken in ["127.0.0.1:7701", "0.0.0.0:7701", "0.0.0.0:7700"] {
        assert_eq!(problems(&health(taken))[0].key, "health.listen", "{taken}");
    }
    for free in ["127.0.0.2:7701", "[::]:7701", "0.0.0.0:7702"] {
        assert!(Config::parse(&health(free)).is_ok(), "{free}");
    }
}

#[test]
fn a_listener_says_whether_it_is_plain_or_tls() {
    let listener = |settings: &str| format!("[[listeners]]\naddress = \"127.0.0.1:1\"\n{settings}");
    for good in [
        "plain_tcp = true",
        "tls_cert_file = \"c\"\ntls_key_file = \"k\"",
    ] {
        assert!(Config::parse(&listener(good)).is_ok(), "{good}");
    }
    for (bad, part) in [
        ("", "plain_tcp = true"),
        ("tls_cert_file = \"c\"", "tls_key_file"),
        ("plain_tcp = true\ntls_key_file = \"k\"", "tls_cert_file"),
        (
            "plain_tcp = true\ntls_cert_file = \"c\"\ntls_key_file = \"k\"",
            "second listener",
        ),
        ("plain_tcp = true\nbacklog = 1023", "1024"),
    ] {
        let problems = problems(&listener(bad));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].text.contains(part), "{}", problems[0]);
    }
    assert_eq!(problems("listeners = []")[0].key, "listeners");
}

#[test]
fn balancers_are_trusted_by_name_or_nobody_is() {
    let listener = "[[listeners]]\nplain_tcp = true\n";
    for (more, wrong) in [
        ("", None),
        (
            "proxy_protocol = true\nproxy_trusted = [\"10.0.0.0/8\", \"::1\"]\n",
            None,
        ),
        ("proxy_protocol = true\n", Some("name the networks")),
        (
            "proxy_trusted = [\"10.0.0.0/8\"]\n",
            Some("set proxy_protocol = true"),
        ),
    ] {
        let text = format!("{listener}{more}");
        match wrong {
            None => assert!(Config::parse(&text).is_ok()),
            Some(wrong) => {
                let problem = &problems(&text)[0];
                assert_eq!(problem.key, "listeners.0.proxy_trusted");
                assert!(problem.to_string().contains(wrong), "{problem}");
            }
        }
    }
    let message = message(&format!(
        "{listener}proxy_protocol = true\nproxy_trusted = [\"10.0.0.1/8\"]\n"
    ));
    assert!(message.contains("end it in zeros"), "{message}");
}

#[test]
fn what_is_for_web_pages_is_set_on_a_websocket() {
    let listener = "[[listeners]]\nplain_tcp = true\n";
    let trusted = "proxy_trusted = [\"10.0.0.0/8\"]\n";
    for (more, wrong) in [
        ("websocket = true\n".to_owned(), None),
        (
            "websocket = true\nwebsocket_origins = [\"https://game.example\", \"http://[::1]:8080\"]\n".to_owned(),
            None,
        ),
        (format!("websocket = true\nforwarded_for = true\n{trusted}"), None),
        (format!("websocket = true\nproxy_protocol = true\n{trusted}"), None),
        (format!("forwarded_for = true\n{trusted}"), Some("forwarded_for")),
        ("websocket_origins = [\"https://game.example\"]\n".to_owned(), Some("websocket_origins")),
        ("websocket = true\nforwarded_for = true\n".to_owned(), Some("proxy_trusted")),
        (
            format!("websocket = true\nforwarded_for = true\nproxy_protocol = true\n{trusted}"),
            Some("forwarded_for"),
        ),
    ] {
        let text = format!("{listener}{more}");
        match wrong {
            None => assert!(Config::parse(&text).is_ok(), "{text}"),
            Some(wrong) => {
                let problem = &problems(&text)[0];
                assert_eq!(problem.key, format!("listeners.0.{wrong}"), "{problem}");
            }
        }
    }
    for origin in [
        "game.example",
        "https://game.example/",
        "https://game.example:443",
        "http://game.example:80",
        "*",
        "https://*.example",
        "https://",
        "https://[",
        "https://[::1",
        "https://[::1]8080",
        "https://a:99999",
        "https://a:",
        "https://a:080",
        "https://spiel.\u{f6}sterreich.example",
    ] {
        let problem = &problems(&format!(
            "{listener}websocket = true\nwebsocket_origins = [\"https://game.example\", \"{origin}\"]\n"
        ))[0];
        assert_eq!(problem.key, "listeners.0.websocket_origins.1", "{problem}");
    }
}

#[test]
fn without_a_data_directory_the_admin_token_has_to_be_given() {
    let in_memory = "[storage]\ndata_dir = \"\"\n";
    assert_eq!(problems(in_memory)[0].key, "admin.token");
    for admin in [
        "token = \"0123456789abcdef\"",
        "token_file = \"/run/token\"",
        "enabled = false",
    ] {
        let config = Config::parse(&format!("{in_memory}[admin]\n{admin}\n")).unwrap();
        assert_eq!(config.data_dir(), None);
    }
}

#[test]
fn the_environment_overrides_the_file() {
    let config = overridden(
        "[storage]\ndata_dir = \"/from/file\"\n",
        &[
            ("USERSTATUSD_STORAGE_DATA_DIR", "/from/environment"),
            ("USERSTATUSD_CONNECTIONS_COUNT_MAX", "9"),
            ("USERSTATUSD_ADMIN_ALLOW_REMOTE", "true"),
            ("USERSTATUSD_LOG_FORMAT", "json"),
            ("USERSTATUSD_LISTENERS_0_ADDRESS", "127.0.0.1:9"),
            ("USERSTATUSD_LISTENERS_1_ADDRESS", "127.0.0.1:10"),
            ("USERSTATUSD_LISTENERS_1_PLAIN_TCP", "1"),
            ("USERSTATUSD_LISTENERS_1_PROXY_PROTOCOL", "true"),
            (
                "USERSTATUSD_LISTENERS_1_PROXY_TRUSTED",
                "10.0.0.0/8, fd00::/8",
            ),
            ("OTHER_STORAGE_DATA_DIR", "/elsewhere"),
        ],
    )
    .unwrap();
    assert_eq!(config.storage.data_dir, Path::new("/from/environment"));
    assert_eq!(config.connections.count_max, 9);
    assert!(config.admin.allow_remote);
    assert_eq!(config.log.format, LogFormat::Json);
    let ports: Vec<_> = config
        .listeners
        .iter()
        .map(|listener| listener.address.port())
        .collect();
    assert_eq!(ports, [9, 10]);
    let trusted = &config.listeners[1].proxy_trusted;
    let trusted: Vec<_> = trusted
        .iter()
        .map(|network| network.0.to_string())
        .collect();
    assert_eq!(trusted, ["10.0.0.0/8", "fd00::/8"]);
}

#[test]
fn every_setting_can_be_overridden() {
    let all = Table::try_from(Config::default()).unwrap();
    for (section, settings) in &all {
        let (prefix, settings) = match settings {
            Value::Array(listeners) => (format!("{section}_0"), listeners[0].as_table().unwrap()),
            settings => (section.clone(), settings.as_table().unwrap()),
        };
        for (key, value) in settings {
            let name = format!("{ENVIRONMENT_PREFIX}{prefix}_{key}").to_uppercase();
            let same = match value {
                Value::String(text) => text.clone(),
                // As items with commas between them; by default there are none.
                Value::Array(items) if items.is_empty() => String::new(),
                other => other.to_string(),
            };
            assert_eq!(
                overridden("", &[(&name, &same)]).unwrap(),
                Config::default(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_misspelt_variable_is_named_and_those_of_others_are_left_alone() {
    for (name, value) in [
        ("USERSTATUSD_STORAGE_DIR", "/x"),
        ("USERSTATUSD_CONNECTIONS_COUNT_MAX", "many"),
        ("USERSTATUSD_ADMIN_ENABLED", "yes"),
        ("USERSTATUSD_LISTENERS_ADDRESS", "127.0.0.1:9"),
        ("USERSTATUSD_LISTENERS_2_ADDRESS", "127.0.0.1:9"),
    ] {
        let message = overridden("", &[(name, value)]).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    // As Kubernetes sets them for a service named userstatusd.
    let services = [
        ("USERSTATUSD_SERVICE_HOST", "10.0.0.1"),
        ("USERSTATUSD_PORT", "tcp://10.0.0.1:7700"),
    ];
    assert_eq!(overridden("", &services).unwrap(), Config::default());
}

#[test]
fn listeners_are_added_in_the_order_of_their_numbers() {
    let variables: Vec<_> = (1..=10)
        .flat_map(|number| {
            let listener = format!("{ENVIRONMENT_PREFIX}LISTENERS_{number}");
            [
                (format!("{listener}_ADDRESS"), format!("127.0.0.1:{number}")),
                (format!("{listener}_PLAIN_TCP"), "true".to_owned()),
            ]
        })
        .collect();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let config = overridden("", &variables).unwrap();
    let ports = config.listeners.iter().skip(1);
    assert!(ports.map(|listener| listener.address.port()).eq(1..=10));
}

#[test]
fn a_variable_whose_value_cannot_be_is_named_with_what_to_write() {
    let wrong = [
        ("USERSTATUSD_CONNECTIONS_COUNT_MAX", "-1", "expected u32"),
        (
            "USERSTATUSD_LISTENERS_0_ADDRESS",
            "localhost:7700",
            "as in 127.0.0.1:7700",
        ),
        ("USERSTATUSD_LOG_FORMAT", "xml", "`text` or `json`"),
        (
            "USERSTATUSD_LISTENERS_0_PROXY_TRUSTED",
            "10.0.0.1/8",
            "end it in zeros",
        ),
    ];
    let variables = wrong.map(|(name, value, _)| (name, value));
    let error = overridden("", &variables).unwrap_err();
    // All of them, each in a line of its own.
    let said = error.to_string();
    assert_eq!(said.lines().count(), wrong.len(), "{said}");
    for (name, _, part) in wrong {
        let mut lines = said.lines();
        let line = lines.find(|line| line.starts_with(&format!("{name}: ")));
        assert!(line.is_some_and(|line| line.contains(part)), "{said}");
    }
}

#[test]
fn a_token_is_in_no_message() {
    let message = overridden("", &[("USERSTATUSD_ADMIN_TOKEN", "sesame")])
        .unwrap_err()
        .to_string();
    assert!(message.contains("admin.token"));
    assert!(!message.contains("sesame"), "{message}");
}

#[test]
fn an_address_is_listened_on_once() {
    let listener = "[[listeners]]\nplain_tcp = true\naddress = \"127.0.0.1:7720\"\n";
    let twice = problems(&format!("{listener}{listener}"));
    assert_eq!(twice[0].key, "listeners.1.address");
    let admin = format!("{listener}[admin]\nlisten = \"127.0.0.1:7720\"\n");
    assert_eq!(problems(&admin)[0].key, "listeners.0.address");
}

#[test]
fn a_host_name_for_an_address_is_answered_with_what_to_write() {
    let message = message("[[listeners]]\naddress = \"localhost:7700\"\n");
    assert!(message.contains("as in 127.0.0.1:7700"), "{message}");
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    let login_before_hello = problems("[connections]\nhello_timeout_ms = 30000\n");
    assert_eq!(login_before_hello[0].key, "connections.login_timeout_ms");
    let more_than_all = problems("[connections]\ncount_max = 7\nper_address_max = 8\n");
    assert_eq!(more_than_all[0].key, "connections.per_address_max");
    let taken = problems("[health]\nlisten = \"127.0.0.1:7701\"\n");
    assert_eq!(taken[0].key, "health.listen");
    let no_address = problems("[health]\nlisten = \"7702\"\n");
    assert!(
        no_address[0].text.contains("0.0.0.0:7702"),
        "{}",
        no_address[0]
    );
}

#[test]
fn back_ends_connect_by_tls_on_loopback_or_through_a_balancer() {
    let rest = |settings: &str| format!("[rest]\n{settings}\n");
    let files = "tls_cert_file = \"c\"\ntls_key_file = \"k\"";
    for good in [
        "listen = \"\"".to_owned(),
        "listen = \"127.0.0.1:7703\"".to_owned(),
        "listen = \"[::1]:7703\"".to_owned(),
        format!("listen = \"0.0.0.0:443\"\n{files}"),
        "listen = \"0.0.0.0:7703\"\nbalancer_ends_tls = true\nproxy_trusted = [\"10.0.0.0/8\"]"
            .to_owned(),
    ] {
        assert!(Config::parse(&rest(&good)).is_ok(), "{good}");
    }
    for (bad, key) in [
        ("listen = \"0.0.0.0:7703\"".to_owned(), "rest.listen"),
        ("listen = \"7703\"".to_owned(), "rest.listen"),
        ("listen = \"127.0.0.1:7701\"".to_owned(), "rest.listen"),
        (
            "listen = \"127.0.0.1:7703\"\ntls_cert_file = \"c\"".to_owned(),
            "rest.tls_key_file",
        ),
        (
            "listen = \"127.0.0.1:7703\"\ntls_key_file = \"k\"".to_owned(),
            "rest.tls_cert_file",
        ),
        (
            format!("listen = \"127.0.0.1:7703\"\nbalancer_ends_tls = true\n{files}"),
            "rest.balancer_ends_tls",
        ),
    ] {
        let problems = problems(&rest(&bad));
        assert_eq!(problems.len(), 1, "{bad}");
        assert_eq!(problems[0].key, key, "{bad}");
    }
    let both = "[rest]\nlisten = \"127.0.0.1:7702\"\n[health]\nlisten = \"127.0.0.1:7702\"\n";
    assert_eq!(problems(both)[0].key, "health.listen");
}
