using NUnit.Framework;

namespace Userstatus.Editor.Tests
{
    public class EventLogTests
    {
        [Test]
        public void TheOldestLinesGoFirst()
        {
            EventLog log = new EventLog();
            for (int i = 0; i <= EventLog.LinesMax; i++)
            {
                log.Add("line " + i);
            }
            string[] lines = log.Lines();
            Assert.AreEqual(EventLog.LinesMax, lines.Length);
            StringAssert.EndsWith(" line 1", lines[0]);
            StringAssert.EndsWith(" line " + EventLog.LinesMax, lines[lines.Length - 1]);
            log.Clear();
            Assert.IsEmpty(log.Lines());
        }
    }
}
