{{ stage('irb') }}
