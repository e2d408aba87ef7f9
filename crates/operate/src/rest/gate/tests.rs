use super::*;

#[test]
fn names_in_a_query_have_no_case_the_first_counts_and_random_is_nobodys_business() {
    let query = Query::parse(
        "sdkAppId=7&IDENTIFIER=admin%40x&UserSig=eJ*a-b_c&random=123456789012345678901&sdkappid=8&contenttype=json",
    );
    assert_eq!(query.sdkappid.as_deref(), Some("7"));
    assert_eq!(query.identifier.as_deref(), Some("admin@x"));
    assert_eq!(query.usersig.as_deref(), Some("eJ*a-b_c"));
    assert!(Query::parse("").sdkappid.is_none());
}

#[tokio::test]
async fn a_panic_is_an_end() {
    let panics = async {
        tokio::task::yield_now().await;
        assert!(std::hint::black_box(false), "of the test");
    };
    assert_eq!(caught(panics).await, Err(()));
    assert_eq!(caught(async { 7 }).await, Ok(7));
}

#[tokio::test]
async fn a_body_comes_whole_or_not_at_all_and_what_is_too_long_is_read_to_its_end() {
    let body = |bytes: usize| {
        let chunk = Bytes::from(vec![b'x'; 1_000]);
        let chunks = (0..bytes / 1_000).map(move |_| Ok::<_, std::io::Error>(chunk.clone()));
        Body::from_stream(Chunks(chunks))
    };
    assert_eq!(whole(body(0)).await.unwrap().len(), 0);
    assert_eq!(whole(body(1_000)).await.unwrap().len(), 1_000);
    let most = BODY_BYTES_MAX / 1_000 * 1_000;
    assert_eq!(whole(body(most)).await.unwrap().len(), most);
    let fail = whole(body(most + 1_000)).await.unwrap_err();
    assert_eq!(fail.code, RestCode::BadHttp.number());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    struct Never;
    impl futures_util::Stream for Never {
        type Item = Result<Bytes, std::io::Error>;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Self::Item>> {
            Poll::Pending
        }
    }
    let began_at = tokio::time::Instant::now();
    let fail = whole(Body::from_stream(Never)).await.unwrap_err();
    assert_eq!((fail.code, began_at.elapsed()), (60008, BODY_TIMEOUT));
}

struct Chunks<I>(I);

impl<I: Iterator<Item = Result<Bytes, std::io::Error>> + Unpin> futures_util::Stream for Chunks<I> {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}
