//! User statuses as the C ABI's JSON has them.

use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Normal {
    Unknown,
    Online,
    Offline,
    UnLogined,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) user: String,
    pub(crate) normal: Normal,
    pub(crate) custom: String,
    pub(crate) devices: Vec<String>,
}

/// `user` is online from Linux, with no custom status.
pub(crate) fn online(user: &str) -> Status {
    Status::new(user, Normal::Online).on(&["Linux"])
}

pub(crate) fn offline(user: &str) -> Status {
    Status::new(user, Normal::Offline)
}

pub(crate) fn unlogined(user: &str) -> Status {
    Status::new(user, Normal::UnLogined)
}

/// `user` was never heard of (S7).
pub(crate) fn strange(user: &str) -> Status {
    Status::new(user, Normal::Unknown)
}

impl Status {
    fn new(user: &str, normal: Normal) -> Self {
        Self {
            user: user.to_owned(),
            normal,
            custom: String::new(),
            devices: Vec::new(),
        }
    }

    pub(crate) fn saying(mut self, custom: &str) -> Self {
        custom.clone_into(&mut self.custom);
        self
    }

    /// Platforms, in the order of their numbers.
    pub(crate) fn on(mut self, devices: &[&str]) -> Self {
        self.devices = devices.iter().map(|&device| device.to_owned()).collect();
        self
    }

    /// The statuses of a JSON array.
    pub(crate) fn list(json: &str) -> Vec<Self> {
        Self::try_list(json).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The statuses of a JSON array: every key of each has to be there, and no other.
    pub(crate) fn try_list(json: &str) -> Result<Vec<Self>, String> {
        let value: Value =
            serde_json::from_str(json).map_err(|error| format!("{error} in {json}"))?;
        let array = value
            .as_array()
            .ok_or_else(|| format!("no array: {json}"))?;
        array
            .iter()
            .map(|entry| Self::parse(entry).ok_or_else(|| format!("no user status: {entry}")))
            .collect()
    }

    fn parse(entry: &Value) -> Option<Self> {
        if entry.as_object()?.len() != 4 {
            return None;
        }
        let devices = entry.get("user_status_online_devices")?.as_array()?;
        Some(Self {
            user: entry.get("user_status_identifier")?.as_str()?.to_owned(),
            normal: match entry.get("user_status_status_type")?.as_i64()? {
                0 => Normal::Unknown,
                1 => Normal::Online,
                2 => Normal::Offline,
                3 => Normal::UnLogined,
                _ => return None,
            },
            custom: entry.get("user_status_custom_status")?.as_str()?.to_owned(),
            devices: devices
                .iter()
                .map(|name| Some(name.as_str()?.to_owned()))
                .collect::<Option<_>>()?,
        })
    }
}
